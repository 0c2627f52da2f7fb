use rstest::rstest;

use super::*;
use crate::testing::{NOW, append, batch};

#[rstest]
#[case::half_used(0, 512, 512, None)]
#[case::more_than_half(0, 513, 513, Some(128))]
#[case::later_lap(4096, 4700, 4700, Some(4224))]
#[case::only_what_is_durable(0, 100, 600, Some(100))]
#[case::nothing_durable(0, 0, 600, None)]
fn the_oldest_eighth_is_sealed_past_half(
    #[case] sealed: u64,
    #[case] durable: u64,
    #[case] head: u64,
    #[case] end: Option<u64>,
) {
    assert_eq!(span_due(Lsn(sealed), Lsn(durable), Lsn(head), 1024), end.map(Lsn));
}

#[test]
fn only_large_partitions_get_files_of_their_own() {
    let sizes = [OWN_FILE_BYTES, 1, OWN_FILE_BYTES - 1, 0];
    let plan = plan((0..).map(LocalId).zip(sizes));
    assert_eq!(plan, SealPlan { own: vec![LocalId(0)], pack: vec![LocalId(1), LocalId(2)] });
}

#[rstest]
#[case::neither(123, 100, 99, false)]
#[case::bytes(122, 100, 0, true)]
#[case::age(123, 100, 100, true)]
fn a_partition_seals_early_by_size_or_age(
    #[case] segment_bytes: u64,
    #[case] segment_ms: u64,
    #[case] age: i64,
    #[case] due: bool,
) {
    let (mut log, mut at) = (PartitionLog::new(), 0);
    assert!(!early_due(&log, 0, 0, NOW), "an empty log has nothing to seal");
    append(&mut log, &batch(1, None, -1), 1, &mut at);
    append(&mut log, &batch(1, None, -1), 1, &mut at);
    assert_eq!(early_due(&log, segment_bytes, segment_ms, Timestamp(NOW.0 + age)), due);
}

use rstest::rstest;

use super::*;
use crate::FileId;
use crate::testing::{NOW, append, batch};

/// Batches of 61 bytes and ten records with the given timestamps, the first `sealed` of them as
/// segments of one batch each.
fn log(stamps: &[i64], sealed: usize) -> PartitionLog {
    let (mut log, mut at) = (PartitionLog::new(), 0);
    for &stamp in stamps {
        append(&mut log, &batch(10, None, stamp), 1, &mut at);
    }
    for (n, &stamp) in stamps.iter().take(sealed).enumerate() {
        let base = n as u64 * 10;
        let segment = SegmentRef {
            file: FileId(1),
            at: 4096,
            len: 61,
            base: Offset(base),
            end: Offset(base + 10),
            max_timestamp: Timestamp(stamp),
            sealed_at: NOW,
            index: 0,
        };
        log.seal_applied(segment, NOW);
    }
    log
}

#[rstest]
#[case::for_ever(None, None, None)]
#[case::nothing_old_enough(Some(1000), None, None)]
#[case::first_is(Some(899), None, Some(10))]
#[case::a_younger_one_keeps_older_ones_behind_it(Some(500), None, Some(10))]
#[case::size_of_all(None, Some(244), None)]
#[case::size_less_a_byte(None, Some(243), None)]
#[case::size_less_one_batch(None, Some(183), Some(10))]
#[case::size_zero_keeps_the_tail(None, Some(0), Some(30))]
#[case::whichever_takes_more(Some(899), Some(122), Some(20))]
fn segments_go_oldest_first(
    #[case] ms: Option<u64>,
    #[case] bytes: Option<u64>,
    #[case] expected: Option<u64>,
) {
    let log = log(&[100, 950, 200, 300], 3);
    let to = plan(&log, &[], RetentionRules { ms, bytes }, Offset(40), Timestamp(1000));
    assert_eq!(to, Ok(expected.map(Offset)));
}

#[rstest]
#[case::all_old(&[100, 200, 300, 400], 2, 40, Some(40))]
#[case::up_to_the_high_watermark(&[100, 200, 300, 400], 2, 30, Some(30))]
#[case::young_record_in_the_tail(&[100, 200, 300, 980], 2, 40, Some(20))]
#[case::no_tail(&[100, 200, 300, 400], 4, 40, Some(40))]
fn an_expired_tail_goes_after_all_segments(
    #[case] stamps: &[i64],
    #[case] sealed: usize,
    #[case] high_watermark: u64,
    #[case] expected: Option<u64>,
) {
    let rules = RetentionRules { ms: Some(50), bytes: None };
    let to = plan(&log(stamps, sealed), &[], rules, Offset(high_watermark), Timestamp(1000));
    assert_eq!(to, Ok(expected.map(Offset)));
}

#[test]
fn without_timestamps_age_counts_from_sealing() {
    let rules = RetentionRules { ms: Some(50), bytes: None };
    let log = log(&[-1, -1], 1);
    let at = |now| plan(&log, &[], rules, Offset(20), Timestamp(now));
    assert_eq!(at(NOW.0 + 50), Ok(None));
    assert_eq!(at(NOW.0 + 51), Ok(Some(Offset(20))));
}

#[test]
fn a_clock_that_went_back_deletes_nothing() {
    let rules = RetentionRules { ms: Some(50), bytes: None };
    assert_eq!(plan(&log(&[900, 950], 1), &[], rules, Offset(20), Timestamp(10)), Ok(None));
}

#[test]
fn what_is_below_the_log_start_is_not_asked_for_again() {
    let mut log = log(&[100, 200], 1);
    let _ = log.set_log_start(Offset(20));
    let rules = RetentionRules { ms: Some(1), bytes: Some(0) };
    assert_eq!(plan(&log, &[], rules, Offset(20), Timestamp(1000)), Ok(None));
}

use protocol_types::{Codec, TimestampType};
use rstest::rstest;

use super::*;
use crate::testing::{GOLDEN_LOG_APPEND_TIME, GOLDEN_PLAIN, sample, unhex};

#[rstest]
fn trap_35_only_base_offset_and_leader_epoch_change_under_create_time(
    #[values(Codec::None, Codec::Zstd)] codec: Codec,
) {
    let batch = sample(codec);
    let view = BatchView::parse(&batch).unwrap();
    let stored = [&rewrite(&view, Offset(1 << 40), LeaderEpoch(5))[..], view.body()].concat();

    assert_eq!(stored[8..12], batch[8..12]);
    assert_eq!(stored[16..], batch[16..]);
    let view = BatchView::parse(&stored).unwrap();
    assert!(view.crc_matches());
    assert_eq!((view.base_offset(), view.leader_epoch()), (Offset(1 << 40), Some(LeaderEpoch(5))));
}

#[rstest]
fn trap_35_log_append_time_sets_bit_3_and_the_crc_holds(
    #[values(Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd)] codec: Codec,
) {
    let batch = sample(codec);
    let view = BatchView::parse(&batch).unwrap();
    let header = rewrite_log_append_time(&view, Offset(9), LeaderEpoch(5), Timestamp(77_000));
    let stored = [&header[..], view.body()].concat();

    let view = BatchView::parse(&stored).unwrap();
    assert!(view.crc_matches());
    assert_eq!(view.timestamp_type(), TimestampType::LogAppendTime);
    assert_eq!((view.codec(), view.max_timestamp()), (codec, Timestamp(77_000)));
    let decoded = view.decode(1 << 10).unwrap();
    for record in decoded.records() {
        assert_eq!(decoded.timestamp_of(&record.unwrap()), Timestamp(77_000));
    }
}

#[test]
fn the_golden_header_is_rewritten_byte_for_byte() {
    let batch = unhex(GOLDEN_PLAIN);
    let view = BatchView::parse(&batch).unwrap();
    let now = Timestamp(1_800_000_000_000);
    let header = rewrite_log_append_time(&view, Offset(1000), LeaderEpoch(9), now);
    assert_eq!(header[..], unhex(GOLDEN_LOG_APPEND_TIME)[..]);
}

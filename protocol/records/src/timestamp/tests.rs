use protocol_types::{Codec, LeaderEpoch};
use rstest::rstest;

use super::*;
use crate::{BatchBuilder, rewrite_log_append_time};

fn batch(timestamps: &[i64]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Codec::Zstd).base_offset(Offset(100));
    for &timestamp in timestamps {
        builder.push(Timestamp(timestamp), None, Some(b"v"), &[]);
    }
    builder.build().unwrap()
}

#[rstest]
#[case::exact(&[10, 20, 30], 20, 0, Some((101, 20)))]
#[case::between(&[10, 20, 30], 21, 0, Some((102, 30)))]
#[case::before_all(&[10, 20, 30], 0, 0, Some((100, 10)))]
#[case::behind_all(&[10, 20, 30], 31, 0, None)]
#[case::out_of_order_takes_the_first_offset(&[30, 10, 25, 20], 20, 0, Some((100, 30)))]
#[case::out_of_order_from_the_middle(&[10, 40, 5, 20], 15, 102, Some((103, 20)))]
#[case::from_behind(&[10, 20], 10, 102, None)]
#[case::equal_ones_take_the_first(&[10, 10, 10], 10, 0, Some((100, 10)))]
fn trap_60_the_first_record_at_or_after_a_time(
    #[case] timestamps: &[i64],
    #[case] target: i64,
    #[case] from: u64,
    #[case] want: Option<(u64, i64)>,
) {
    let batch = batch(timestamps);
    let view = BatchView::parse(&batch).unwrap();
    let found = find_timestamp(&view, Timestamp(target), Offset(from), 1 << 10).unwrap();
    assert_eq!(found.map(|(offset, timestamp)| (offset.0, timestamp.0)), want);
}

#[test]
fn trap_60_under_log_append_time_every_record_has_the_appends_time() {
    let batch = batch(&[10, 20, 30]);
    let view = BatchView::parse(&batch).unwrap();
    let header = rewrite_log_append_time(&view, Offset(7), LeaderEpoch(0), Timestamp(500));
    let stored = [&header[..], view.body()].concat();
    let view = BatchView::parse(&stored).unwrap();
    let found = |target| find_timestamp(&view, Timestamp(target), Offset(0), 1 << 10).unwrap();
    assert_eq!(found(500), Some((Offset(7), Timestamp(500))));
    assert_eq!(found(501), None);
}

use rstest::rstest;

use super::*;
use crate::batches;
use crate::header::{BatchError, HEADER_LEN};
use crate::testing::{field, sample, sealed};

/// A batch that says it has `count` records and holds `body`.
fn with_body(count: i32, body: &[u8]) -> Vec<u8> {
    let mut batch = sample(Codec::None);
    batch.truncate(HEADER_LEN);
    batch.extend_from_slice(body);
    let length = i32::try_from(batch.len() - 12).unwrap();
    batch[field::LENGTH..field::LENGTH + 4].copy_from_slice(&length.to_be_bytes());
    batch[field::LAST_DELTA..field::LAST_DELTA + 4].copy_from_slice(&(count - 1).to_be_bytes());
    batch[field::COUNT..field::COUNT + 4].copy_from_slice(&count.to_be_bytes());
    batch
}

/// The walk's outcome: how many records were read, and the error that ended it.
fn walk(count: i32, body: &[u8]) -> (usize, Option<DecodeError>) {
    let batch = with_body(count, body);
    let decoded = BatchView::parse(&batch).unwrap().decode(1 << 10).unwrap();
    let mut records = decoded.records();
    let mut read = 0;
    let error = loop {
        match records.next() {
            Some(Ok(_)) => read += 1,
            Some(Err(error)) => break Some(error),
            None => break None,
        }
    };
    assert_eq!(records.next().map(|_| ()), None, "nothing follows the end");
    (read, error)
}

/// Six bytes: attributes, both deltas 0, null key, null value, no headers.
const MINIMAL: &[u8] = &[12, 0, 0, 0, 1, 1, 0];

const fn record(index: u32, what: &'static str) -> Option<DecodeError> {
    Some(DecodeError::Record { index, what })
}

#[rstest]
#[case::one(1, MINIMAL.to_vec(), (1, None))]
#[case::one_too_few(2, MINIMAL.to_vec(), (1, record(1, "its length is no varint")))]
#[case::one_too_many(1, MINIMAL.repeat(2), (1, Some(DecodeError::Trailing { trailing: 7 })))]
#[case::no_attributes(1, vec![0], (0, record(0, "it is empty")))]
#[case::negative_length(1, vec![1], (0, record(0, "its length passes the end of the batch")))]
#[case::length_of_2_gib(
    1, vec![0xfe, 0xff, 0xff, 0xff, 0x0f, 0],
    (0, record(0, "its length passes the end of the batch"))
)]
#[case::over_long_length(
    1, vec![0x8c, 0x80, 0x80, 0x80, 0x80, 0x00],
    (0, record(0, "its length is no varint"))
)]
#[case::timestamp_cut(1, vec![4, 0, 0x80], (0, record(0, "its timestamp is no varint")))]
#[case::offset_behind_last(
    1, vec![12, 0, 0, 2, 1, 1, 0], (0, record(0, "its offset lies behind the batch's last"))
)]
#[case::offset_negative(1, vec![12, 0, 0, 1, 1, 1, 0], (0, record(0, "its offset is negative")))]
#[case::key_too_long(1, vec![12, 0, 0, 0, 8, 1, 0], (0, record(0, "its key passes its end")))]
#[case::key_below_null(1, vec![12, 0, 0, 0, 3, 1, 0], (0, record(0, "its key passes its end")))]
#[case::value_too_long(1, vec![12, 0, 0, 0, 1, 8, 0], (0, record(0, "its value passes its end")))]
#[case::headers_negative(
    1, vec![12, 0, 0, 0, 1, 1, 1], (0, record(0, "its header count is negative"))
)]
#[case::headers_of_2_gib(
    1, vec![20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f],
    (0, record(0, "a header passes its end"))
)]
#[case::header_key_null(
    1, vec![16, 0, 0, 0, 1, 1, 2, 1, 1], (0, record(0, "a header passes its end"))
)]
#[case::bytes_left_over(
    1, vec![14, 0, 0, 0, 1, 1, 0, 0], (0, record(0, "it is longer than its fields"))
)]
fn trap_44_a_malformed_record_ends_the_walk(
    #[case] count: i32,
    #[case] body: Vec<u8>,
    #[case] want: (usize, Option<DecodeError>),
) {
    assert_eq!(walk(count, &body), want);
}

#[test]
fn a_batch_emptied_by_compaction_has_no_records() {
    let mut batch = with_body(1, &[]);
    batch[field::COUNT..field::COUNT + 4].fill(0);
    let view = BatchView::parse(&batch).unwrap();
    assert_eq!(view.next_offset_delta(), 1);
    assert_eq!(view.decode(0).unwrap().records().count(), 0);
}

#[test]
fn concatenated_batches_come_out_one_by_one() {
    let all = [sample(Codec::None), sample(Codec::Lz4), sample(Codec::Gzip)];
    let bytes = all.concat();
    let read: Vec<&[u8]> = batches(&bytes).map(|batch| batch.unwrap().bytes()).collect();
    assert_eq!(read, all);

    let mut cut = batches(&bytes[..bytes.len() - 1]);
    assert!(cut.by_ref().take(2).all(|batch| batch.is_ok()));
    let have = all[2].len() - 1;
    assert_eq!(cut.next().map(Result::unwrap_err), Some(BatchError::Truncated { have }));
    assert!(cut.next().is_none());
}

#[rstest]
#[case::count_too_large(field::COUNT, 4_i32.to_be_bytes().to_vec())]
#[case::count_negative(field::COUNT, vec![0xff; 4])]
#[case::count_smallest(field::COUNT, i32::MIN.to_be_bytes().to_vec())]
#[case::last_delta_negative(field::LAST_DELTA, vec![0xff; 4])]
#[case::base_offset_negative(field::BASE_OFFSET, vec![0xff; 8])]
#[case::last_offset_overflows(field::BASE_OFFSET, (i64::MAX - 2).to_be_bytes().to_vec())]
#[case::codec_unknown(field::ATTRIBUTES, vec![0, 6])]
fn no_view_stands_for_a_header_that_contradicts_itself(#[case] at: usize, #[case] bytes: Vec<u8>) {
    assert!(BatchView::parse(&sealed(at, &bytes)).is_err());
}

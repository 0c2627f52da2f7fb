use bytes::BytesMut;

use super::*;

#[test]
fn trap_49_no_records_are_empty_and_never_null() {
    assert_eq!(records(&[]), Records::Empty);
}

#[test]
fn short_records_are_copied_and_long_ones_referenced() {
    let (short, long) = (vec![1; 100], vec![2; COPIED_MAX]);
    assert_eq!(records(&[&short]), Records::Joined(&[&short]));
    assert_eq!(records(&[&long]), Records::Joined(&[&long]));
    assert_eq!(records(&[&short, &short]), Records::Joined(&[&short, &short]));
    assert_eq!(records(&[&short, &long]), Records::Slot(8292));
}

#[test]
fn small_batches_of_a_slot_go_out_as_one_slice_and_in_order() {
    let (small, large) = (vec![1; 1000], vec![2; SMALL_BATCH_MAX + 1]);
    let batches: Vec<&[u8]> = vec![&small, &small, &large, &small];
    let length = batches.iter().map(|batch| batch.len()).sum::<usize>();
    let answer = FetchResponse {
        head: BytesMut::from(&b"headtail"[..]),
        segments: vec![
            Segment::Head(0..4),
            Segment::Records { index: 0, len: length },
            Segment::Head(4..8),
        ],
        total_len: 8 + length as u64,
    };
    let (pieces, copied) = pieces(&answer, &[&batches]);
    let bytes: Vec<&[u8]> = pieces.iter().map(|piece| piece.bytes(&answer.head, &copied)).collect();
    assert_eq!(bytes.len(), 5);
    let expected = [b"head".to_vec(), batches.concat(), b"tail".to_vec()].concat();
    assert_eq!(bytes.concat(), expected);
}

use super::*;
use crate::budget::Budget;

fn leaving(outbox: &Outbox) -> Vec<u8> {
    let mut slices = [IoSlice::new(&[]); SLICES_MAX];
    let used = outbox.gather(&mut slices);
    slices[..used].iter().flat_map(|slice| slice.iter().copied()).collect()
}

#[test]
fn answers_leave_in_order_whoever_owns_their_bytes() {
    let mut outbox = Outbox::default();
    outbox.encoded().extend_from_slice(b"onetwothree");
    assert!(outbox.is_empty(), "what is encoded waits for its release");
    outbox.release(3);
    outbox.push(Bytes::from_static(b"-records-"));
    outbox.release(3);
    assert_eq!(leaving(&outbox), b"one-records-two");

    outbox.advance(5);
    assert_eq!(leaving(&outbox), b"ecords-two");
    outbox.advance(8);
    assert_eq!(leaving(&outbox), b"wo");
    outbox.release(5);
    assert_eq!(leaving(&outbox), b"wothree");
    outbox.advance(7);
    assert!(outbox.is_empty());
}

#[test]
fn consecutive_answers_are_one_slice() {
    let mut outbox = Outbox::default();
    outbox.encoded().extend_from_slice(b"abc");
    (0..3).for_each(|_| outbox.release(1));
    assert_eq!(outbox.gather(&mut [IoSlice::new(&[]); SLICES_MAX]), 1);
}

#[test]
fn encoded_answers_are_counted_where_they_are_many_bytes() {
    let budget = Budget::new(1);
    let mut outbox = Outbox::default();
    outbox.encoded().extend_from_slice(&[0; UNCOUNTED_BYTES]);
    outbox.count(&budget);
    assert_eq!(budget.used(), 0);
    outbox.encoded().extend_from_slice(&[0; 1000]);
    outbox.count(&budget);
    outbox.count(&budget);
    assert_eq!(budget.used(), UNCOUNTED_BYTES as u64 + 1000);
    outbox.release(UNCOUNTED_BYTES);
    outbox.advance(UNCOUNTED_BYTES);
    assert_eq!(budget.used(), 1000, "what still waits is still counted");
    outbox.release(1000);
    outbox.advance(1000);
    assert_eq!(budget.used(), 0);
}

#[test]
fn an_idle_outbox_keeps_no_large_buffer_and_no_budget() {
    let budget = Budget::new(100);
    let mut outbox = Outbox::default();
    outbox.cover(budget.force(60));
    outbox.push(Bytes::from(vec![0; 60]));
    outbox.encoded().extend_from_slice(&[0; 100_000]);
    outbox.release(100_000);
    outbox.advance(99);
    assert_eq!(budget.used(), 60);
    outbox.advance(99_961);
    assert_eq!((budget.used(), outbox.encoded().capacity()), (0, 0));
}

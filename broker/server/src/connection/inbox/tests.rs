use super::*;
use crate::budget::Budget;

fn buffer(length: usize) -> Vec<u8> {
    vec![0; length]
}

#[test]
fn a_partial_frame_is_completed_and_its_memory_given_back() {
    let budget = Budget::new(100);
    let mut inbox = Inbox::default();
    assert!(inbox.room().is_empty());
    inbox.grow(3, Some(budget.force(3)), buffer);
    assert_eq!(inbox.fill_from(b"abc"), b"");

    assert_eq!(inbox.lacks(6), 3);
    inbox.grow(6, budget.take(3), buffer);
    assert_eq!(inbox.room().len(), 3);
    assert_eq!(inbox.fill_from(b"defgh"), b"gh");
    assert_eq!((inbox.held(), budget.used()), (&b"abcdef"[..], 6));
    assert!(inbox.release().is_none());

    inbox.consume(6);
    assert!(inbox.release().is_some());
    assert!(inbox.release().is_none());
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_frame_behind_handled_ones_moves_to_the_front() {
    let mut inbox = Inbox::default();
    inbox.grow(8, None, buffer);
    inbox.fill_from(b"handledx");
    inbox.consume(7);
    let old = inbox.grow(5, None, buffer);
    assert!(old.is_none(), "its buffer is large enough");
    assert_eq!(inbox.fill_from(b"yz12more"), b"more");
    assert_eq!(inbox.held(), b"xyz12");
}

#[test]
fn what_is_only_announced_gets_no_room_while_memory_is_short() {
    let total = 100 << 20;
    assert_eq!(room_for(1, total, true), total);
    assert_eq!(room_for(1, total, false), SMALL_REQUEST_BYTES);
    assert_eq!(room_for(1 << 20, total, false), 2 << 20);
    assert_eq!(room_for(99 << 20, total, false), total);
}

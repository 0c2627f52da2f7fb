use super::*;

#[test]
fn those_whose_watermark_has_passed_are_woken_once_oldest_first() {
    let mut list = AckList::default();
    for (ack, waiter) in [(5, 'a'), (9, 'b'), (3, 'c'), (7, 'd')] {
        list.push(ack, waiter);
    }
    let mut woken = Vec::new();
    list.drain(|&ack| ack <= 6, |waiter| woken.push(waiter));
    list.drain(|&ack| ack <= 6, |waiter| woken.push(waiter));
    assert_eq!(woken, ['a', 'c']);
    assert!(!list.is_empty() && !list.any(|&ack| ack <= 6) && list.any(|&ack| ack <= 7));
    list.drain(|_| true, |waiter| woken.push(waiter));
    assert_eq!(woken, ['a', 'c', 'b', 'd']);
    assert!(list.is_empty());
}

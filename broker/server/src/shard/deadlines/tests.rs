use super::*;

#[test]
fn deadlines_pass_in_order_of_time_and_only_when_due() {
    let mut deadlines = Deadlines::default();
    deadlines.insert(Instant(30), 'c');
    deadlines.insert(Instant(10), 'a');
    let cancelled = deadlines.insert(Instant(10), 'x');
    deadlines.insert(Instant(10), 'b');
    deadlines.cancel(cancelled);

    assert_eq!(deadlines.next(), Some(Instant(10)));
    assert_eq!(deadlines.pop_passed(Instant(9)), None);
    assert_eq!(deadlines.pop_passed(Instant(10)), Some('a'));
    assert_eq!(deadlines.pop_passed(Instant(29)), Some('b'));
    assert_eq!(deadlines.pop_passed(Instant(29)), None);
    assert_eq!(deadlines.next(), Some(Instant(30)));
    deadlines.cancel(cancelled);
    assert_eq!(deadlines.pop_passed(Instant(30)), Some('c'));
    assert_eq!(deadlines.next(), None);
}

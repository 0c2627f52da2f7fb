use super::*;

#[test]
fn groups_come_in_the_order_of_their_times_and_once() {
    let mut deadlines = Deadlines::default();
    let [a, b, c] = ["a", "b", "c"].map(GroupId::from);
    deadlines.set(&a, Some(Instant(30)));
    deadlines.set(&b, Some(Instant(10)));
    deadlines.set(&c, Some(Instant(20)));
    deadlines.set(&a, Some(Instant(15)));
    deadlines.set(&b, None);
    assert_eq!(deadlines.next(), Some(Instant(15)));
    assert_eq!(deadlines.take_due(Instant(14)), None);
    assert_eq!(deadlines.take_due(Instant(25)), Some(a));
    assert_eq!(deadlines.take_due(Instant(25)), Some(c));
    assert_eq!(deadlines.take_due(Instant(u64::MAX)), None);
    assert_eq!(deadlines.next(), None);
}

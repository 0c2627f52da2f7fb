use super::*;

#[test]
fn a_budget_never_lends_more_than_it_has() {
    let budget = Budget::new(10);
    let six = budget.take(6).unwrap();
    assert!(budget.take(5).is_none());
    let four = budget.take(4).unwrap();
    assert_eq!((budget.used(), four.amount()), (10, 4));
    drop(six);
    assert!(budget.take(7).is_none());
    assert!(budget.take(6).is_some());
    assert!(budget.take(u64::MAX).is_none());
    assert_eq!(budget.used(), 4, "what was refused or dropped is not counted");
}

#[test]
fn a_budget_that_shrinks_takes_nothing_back() {
    let budget = Budget::new(10);
    let six = budget.take(6).unwrap();
    budget.set_capacity(4);
    assert!(budget.take(1).is_none() && !budget.has_room());
    drop(six);
    assert!(budget.take(5).is_none() && budget.take(4).is_some());
    budget.set_capacity(20);
    assert!(budget.take(20).is_some());
}

#[test]
fn permits_join_and_shrink() {
    let budget = Budget::new(10);
    let mut both = budget.take(4).unwrap().join(budget.force(8));
    assert_eq!((both.amount(), budget.used(), budget.has_room()), (12, 12, false));
    both.shrink(3);
    assert_eq!((both.amount(), budget.used(), budget.has_room()), (3, 3, true));
    both.shrink(5);
    assert_eq!(budget.used(), 3, "a permit never grows by shrinking");
}

use super::*;

fn touched(signal: &Signal) -> Vec<LocalId> {
    let mut touched = Vec::new();
    signal.take_touched(|partition| touched.push(partition));
    touched
}

#[test]
fn only_those_who_wait_on_a_partition_are_told_and_once() {
    let (one, two) = (Rc::new(Signal::default()), Rc::new(Signal::default()));
    let mut waiters = FetchWaiters::default();
    waiters.insert(LocalId(1), &one);
    waiters.insert(LocalId(1), &two);
    waiters.insert(LocalId(2), &two);
    waiters.moved(LocalId(1), Lsn(0));
    waiters.moved(LocalId(1), Lsn(0));
    waiters.moved(LocalId(3), Lsn(0));
    assert_eq!((touched(&one), touched(&two)), (vec![LocalId(1)], vec![LocalId(1)]));
}

#[test]
fn a_closed_connection_leaves_nothing_behind() {
    let (one, two) = (Rc::new(Signal::default()), Rc::new(Signal::default()));
    let mut waiters = FetchWaiters::default();
    waiters.insert(LocalId(1), &one);
    waiters.insert(LocalId(1), &two);
    waiters.remove(LocalId(1), &one);
    waiters.remove(LocalId(2), &one);
    assert_eq!(Rc::strong_count(&one), 1);
    waiters.moved(LocalId(1), Lsn(0));
    assert_eq!((touched(&one), touched(&two)), (vec![], vec![LocalId(1)]));
    assert!(waiters.by_partition.is_empty());
}

#[test]
fn who_lacks_more_than_came_in_is_told_later() {
    let (patient, other) = (Rc::new(Signal::default()), Rc::new(Signal::default()));
    patient.poll(Some(Lsn(100)));
    other.poll(Some(Lsn(50)));
    let mut waiters = FetchWaiters::default();
    waiters.insert(LocalId(1), &patient);
    waiters.insert(LocalId(1), &other);
    assert!(waiters.moved(LocalId(1), Lsn(99)));
    assert_eq!((touched(&patient), touched(&other)), (vec![], vec![LocalId(1)]));
    assert!(!waiters.moved(LocalId(1), Lsn(100)));
    assert_eq!(touched(&patient), [LocalId(1)]);
    assert!(waiters.by_partition.is_empty());
}

/// The next look is not to rely on being told of all that moved.
#[test]
fn who_was_passed_over_learns_that_there_was_something() {
    let (patient, other) = (Rc::new(Signal::default()), Rc::new(Signal::default()));
    patient.poll(Some(Lsn(100)));
    other.poll(Some(Lsn(0)));
    let mut waiters = FetchWaiters::default();
    waiters.insert(LocalId(1), &patient);
    waiters.insert(LocalId(1), &other);
    waiters.moved(LocalId(1), Lsn(99));
    assert!(patient.take_passed_over() && !patient.take_passed_over(), "once");
    assert!(!other.take_passed_over(), "it was told");
    waiters.moved(LocalId(1), Lsn(100));
    assert!(!patient.take_passed_over(), "by now it was told");
}

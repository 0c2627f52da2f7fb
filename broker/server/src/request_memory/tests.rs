use config::{Loader, Profile};

use super::*;

/// Half of `memory.request.bytes` is for decoded requests.
const HALF: u64 = 1 << 20;

fn budgets() -> Budgets {
    let memory = (2 * HALF).to_string();
    let loader = Loader::new(Profile::Standard).flag("memory.request.bytes", &memory).unwrap();
    Budgets::new(&loader.build().unwrap())
}

#[test]
fn requests_that_wait_decoded_leave_room_for_records_and_for_small_ones() {
    let budgets = budgets();
    let waiting: Vec<_> =
        std::iter::from_fn(|| RequestMemory::take(&budgets, 300 << 10)).take(100).collect();
    assert_eq!(waiting.len(), 3);
    assert!(budgets.requests.take(HALF).is_some());
    assert!(!RequestMemory::may_be_had(&budgets, 300 << 10));
    assert!(RequestMemory::take(&budgets, 16 << 10).is_some());

    drop(waiting);
    assert_eq!((budgets.requests.used(), budgets.decoded.used()), (0, 0));
}

#[test]
fn a_request_larger_than_there_is_gets_through_alone() {
    let budgets = budgets();
    let large = RequestMemory::take(&budgets, 10 * HALF);
    assert!(large.is_some());
    assert!(RequestMemory::take(&budgets, 10 * HALF).is_none());
    drop(large);
    assert!(RequestMemory::may_be_had(&budgets, 10 * HALF));
}

#[test]
fn of_a_small_request_that_comes_often_nothing_is_counted() {
    let budgets = budgets();
    let small: Vec<_> = (0..1000).map(|_| RequestMemory::of_large(&budgets, 16 << 10)).collect();
    assert!(small.iter().all(Option::is_some));
    assert_eq!(budgets.decoded.used(), 0);
    let large = RequestMemory::of_large(&budgets, HALF);
    assert!(large.is_some());
    assert!(RequestMemory::of_large(&budgets, 300 << 10).is_none());
}

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::fetch::session::TopicKey;

fn key(index: i32) -> PartitionKey {
    PartitionKey { topic: TopicKey::Name(Arc::from("t")), index }
}

fn upsert(set: &mut PartitionSet<i32>, index: i32, wanted: i32) {
    set.upsert(key(index), wanted, |entry, wanted| *entry = wanted, |wanted| wanted);
}

fn held(set: &mut PartitionSet<i32>) -> Vec<(i32, i32)> {
    set.iter_mut().map(|(_, key, entry)| (key.index, *entry)).collect()
}

#[derive(Clone, Debug)]
enum Change {
    Upsert(i32, i32),
    Remove(i32),
    /// The partition of this number in the order is served.
    Serve(usize),
    Clear,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        8 => (0..24, any::<i32>()).prop_map(|(index, wanted)| Change::Upsert(index, wanted)),
        4 => (0..24).prop_map(Change::Remove),
        8 => (0..24_usize).prop_map(Change::Serve),
        1 => Just(Change::Clear),
    ];
    prop::collection::vec(change, 0..200)
}

proptest! {
    /// Few or many, with and without an index: it is a list in which each partition stands once.
    #[test]
    fn it_is_a_list_of_different_partitions(changes in changes()) {
        let (mut set, mut list) = (PartitionSet::default(), Vec::<(i32, i32)>::new());
        for change in changes {
            match change {
                Change::Upsert(index, wanted) => {
                    upsert(&mut set, index, wanted);
                    match list.iter_mut().find(|(held, _)| *held == index) {
                        Some((_, entry)) => *entry = wanted,
                        None => list.push((index, wanted)),
                    }
                }
                Change::Remove(index) => {
                    let at = list.iter().position(|(held, _)| *held == index);
                    prop_assert_eq!(set.remove(&key(index)), at.map(|at| list.remove(at).1));
                }
                Change::Serve(at) => {
                    let place = set.iter_mut().nth(at).map(|(place, _, _)| place);
                    if let Some(place) = place {
                        let (index, entry) = list.remove(at);
                        prop_assert_eq!(set.get(place), Some((&key(index), &entry)));
                        set.move_to_end(place);
                        list.push((index, entry));
                    }
                }
                Change::Clear => {
                    set.clear();
                    list.clear();
                }
            }
            prop_assert_eq!(held(&mut set), list.clone());
            prop_assert_eq!((set.len(), set.is_empty()), (list.len(), list.is_empty()));
        }
    }
}

#[test]
fn places_outlive_the_empty_slots_between_them() {
    let mut set = PartitionSet::default();
    (0..100).for_each(|index| upsert(&mut set, index, index));
    let last = set.iter_mut().last().map(|(place, _, _)| place).unwrap();
    (0..99).for_each(|index| assert_eq!(set.remove(&key(index)), Some(index)));
    assert_eq!(set.get_mut(last), Some(&mut 99));
    assert!(set.slots.len() <= 2 + FEW, "what is left is not passed over for ever");
}

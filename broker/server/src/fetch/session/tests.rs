use rstest::rstest;

use super::*;

fn key(index: i32) -> PartitionKey {
    PartitionKey { topic: TopicKey::Name(Arc::from("t")), index }
}

fn set(indexes: impl IntoIterator<Item = i32>) -> PartitionSet<i64> {
    let mut set = PartitionSet::default();
    for index in indexes {
        set.upsert(key(index), 0, |entry, wanted| *entry = wanted, |wanted| wanted);
    }
    set
}

fn order(set: &mut PartitionSet<i64>) -> Vec<i32> {
    set.iter_mut().map(|(_, key, _)| key.index).collect()
}

#[rstest]
#[case::new(0, 0, Ok(Kind::Full), true)]
#[case::new_instead_of_the_old(7, 0, Ok(Kind::Full), false)]
#[case::outside(0, -1, Ok(Kind::Sessionless), true)]
#[case::close(7, -1, Ok(Kind::Sessionless), false)]
#[case::next(7, 1, Ok(Kind::Incremental { session: 7 }), true)]
#[case::unknown(8, 1, Err(ErrorCode::FetchSessionIdNotFound), true)]
#[case::repeated(7, 2, Err(ErrorCode::InvalidFetchSessionEpoch), true)]
fn trap_52_a_fetch_and_its_session(
    #[case] session: i32,
    #[case] epoch: i32,
    #[case] kind: Result<Kind, ErrorCode>,
    #[case] kept: bool,
) {
    let mut slot = Some(FetchSession::new(7, false, set([0])));
    assert_eq!(FetchSession::begin(&mut slot, session, epoch, false), kind);
    assert_eq!(slot.is_some(), kept);
}

#[test]
fn trap_52_the_epoch_grows_with_each_fetch_and_wraps_to_one() {
    let mut slot = Some(FetchSession::new(7, false, set([0])));
    for epoch in [1, 2, 3] {
        assert!(FetchSession::begin(&mut slot, 7, epoch, false).is_ok());
    }
    slot.as_mut().unwrap().epoch = i32::MAX;
    assert!(FetchSession::begin(&mut slot, 7, i32::MAX, false).is_ok());
    assert!(FetchSession::begin(&mut slot, 7, 1, false).is_ok());
}

#[test]
fn trap_53_a_session_keeps_to_names_or_to_ids() {
    let mut slot = Some(FetchSession::new(7, false, set([0])));
    let begun = FetchSession::begin(&mut slot, 7, 1, true);
    assert_eq!(begun, Err(ErrorCode::FetchSessionTopicIdError));
    assert!(FetchSession::begin(&mut slot, 7, 1, false).is_ok(), "the epoch was not used up");
}

#[test]
fn partitions_keep_their_order_and_those_served_go_last() {
    let mut set = set([5, 3, 9, 3]);
    assert_eq!(order(&mut set), [5, 3, 9]);
    let (first, _, _) = set.iter_mut().next().unwrap();
    set.move_to_end(first);
    assert_eq!(order(&mut set), [3, 9, 5]);
    assert!(set.remove(&key(9)).is_some() && set.remove(&key(9)).is_none());
    assert_eq!((order(&mut set), set.len()), (vec![3, 5], 2));
    set.upsert(key(5), 77, |entry, wanted| *entry = wanted, |_| panic!("it is there"));
    assert_eq!(set.iter_mut().last().map(|(_, _, entry)| *entry), Some(77));
}

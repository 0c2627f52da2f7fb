use rstest::rstest;

use super::*;

fn key(name: &str) -> PartitionKey {
    PartitionKey { topic: TopicKey::Name(Arc::from(name)), index: 0 }
}

fn wanted(name: &str) -> (PartitionKey, Wanted) {
    let wanted = Wanted { offset: None, bytes_max: 1, leader_epoch: None, last_epoch: None };
    (key(name), wanted)
}

#[test]
fn what_is_named_and_forgotten_is_forgotten() {
    let mut set = PartitionSet::default();
    let decoded = Decoded {
        wanted: vec![wanted("kept"), wanted("both")],
        forgotten: vec![key("both"), key("never there")],
        ..Decoded::default()
    };
    decoded.apply(&mut set);
    let left: Vec<PartitionKey> = set.iter_mut().map(|(_, key, _)| key.clone()).collect();
    assert_eq!(left, [key("kept")]);
}

/// The smallest entry of each version, by Kafka's message definition.
#[rstest]
#[case(4, 16)]
#[case(11, 28)]
#[case(12, 33)]
#[case(18, 33)]
fn memory_follows_from_the_partitions_that_fit(#[case] version: i16, #[case] entry: usize) {
    assert_eq!(FetchWork::memory(version, &vec![0; 1000 * entry]), 1000 * PARTITION_MEMORY);
}

/// A session is reckoned by its partitions: names of 32 KB would be kept for nothing.
#[rstest]
#[case::longest(249, true)]
#[case::too_long(250, false)]
fn names_that_no_topic_has_are_not_for_a_session(#[case] length: usize, #[case] fits: bool) {
    let names = vec![wanted("t"), wanted(&"x".repeat(length))];
    assert_eq!(Decoded { wanted: names, ..Decoded::default() }.fits_a_session(), fits);
}

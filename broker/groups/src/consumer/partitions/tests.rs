use super::*;

const TOPIC: TopicId = TopicId([1; 16]);

#[test]
fn a_topic_whose_last_partition_goes_is_gone() {
    let mut set: Partitions = [(TOPIC, PartitionIndex(3))].into_iter().collect();
    assert!(!set.remove(TOPIC, PartitionIndex(4)));
    assert!(set.remove(TOPIC, PartitionIndex(3)));
    assert_eq!(set, Partitions::default());
    assert_eq!((set.len(), set.topics().len(), set.is_empty()), (0, 0, true));
}

#[test]
fn owned_partitions_know_their_epochs() {
    let mut owned = OwnedPartitions::default();
    owned.insert(TOPIC, PartitionIndex(1), 7);
    owned.insert(TOPIC, PartitionIndex(0), 9);
    assert_eq!(owned.epoch(TOPIC, PartitionIndex(1)), Some(7));
    assert_eq!(owned.epoch(TOPIC, PartitionIndex(2)), None);
    let all: Vec<_> = owned.iter().map(|(_, partition, epoch)| (partition.0, epoch)).collect();
    assert_eq!(all, [(0, 9), (1, 7)]);
    assert_eq!(owned.partitions().len(), 2);
}

#[test]
fn what_does_not_fit_into_a_record_is_cut_off() {
    let id = |n: u32| TopicId([u8::try_from(n).unwrap(); 16]);
    let all: Partitions =
        (1..=2).flat_map(|n| (0..10).map(move |p| (id(n), PartitionIndex(p)))).collect();
    let mut cut = all.clone();
    assert!(cut.fit(2 * TOPIC_BYTES + 20 * PARTITION_BYTES));
    assert_eq!(cut, all);
    assert!(!cut.fit(2 * TOPIC_BYTES + 13 * PARTITION_BYTES));
    assert_eq!(cut, all.iter().take(13).collect());
    assert!(!cut.fit(TOPIC_BYTES + 9 * PARTITION_BYTES));
    assert_eq!(cut, all.iter().take(9).collect());
    assert!(!cut.fit(0));
    assert!(cut.is_empty());
}

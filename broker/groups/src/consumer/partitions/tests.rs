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

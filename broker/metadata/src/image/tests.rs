use config::{Loader, Profile};
use protocol_types::FlushPolicy;

use super::*;
use crate::record::{PartitionRecord, Record, Resource};
use crate::{ImageCell, decode_snapshot, encode_snapshot};

mod replay;

pub(super) fn empty() -> Image {
    Image::empty(&Loader::new(Profile::Standard).build().unwrap()).unwrap()
}

fn topic_id(n: u8) -> TopicId {
    TopicId([n; 16])
}

fn created(n: u8, name: &str) -> Record {
    Record::TopicCreated { topic: topic_id(n), name: name.into(), at_ms: 5 }
}

fn added(n: u8, first: u32, local_ids: &[u32]) -> Record {
    let partition =
        |id: &u32| PartitionRecord { local_id: LocalId(*id), replicas: vec![BrokerId(1)] };
    Record::PartitionsAdded {
        topic: topic_id(n),
        first: PartitionIndex(first),
        partitions: local_ids.iter().map(partition).collect(),
    }
}

fn set(resource: Resource, name: &str, value: &str) -> Record {
    Record::ConfigSet { resource, name: name.into(), value: value.into() }
}

fn boot(incarnation: u32) -> Record {
    Record::BrokerBoot { broker: BrokerId(1), incarnation, storage: [7; 16], at_ms: 1 }
}

fn after(records: &[Record]) -> Image {
    empty().apply(records).unwrap().0
}

#[test]
fn a_topic_is_found_by_name_and_id_with_its_partitions() {
    let image = after(&[boot(3), created(1, "a"), added(1, 0, &[0, 1])]);
    let topic = image.topic("a").unwrap();
    assert_eq!(image.topic_by_id(topic_id(1)), Some(topic));
    assert_eq!(topic.partition_count(), 2);
    let partition = image.partition(topic_id(1), PartitionIndex(1)).unwrap();
    assert_eq!(partition.local_id, LocalId(1));
    assert_eq!(image.leader_epoch(partition), LeaderEpoch(3), "the boot counter");
    assert_eq!(image.partition_count(), 2);
    assert_eq!(image.next_local_id(), LocalId(2));
    assert_eq!(image.partition(topic_id(1), PartitionIndex(2)), None);
}

#[test]
fn trap_25_a_topic_created_again_is_another_one_with_fresh_local_ids() {
    let image = after(&[
        created(1, "a"),
        added(1, 0, &[0]),
        Record::TopicDeleted { topic: topic_id(1) },
        created(2, "a"),
        added(2, 0, &[1]),
    ]);
    assert_eq!(image.topic("a").unwrap().id, topic_id(2));
    assert_eq!(image.topic_by_id(topic_id(1)), None);
    let reuse = image.apply(&[created(3, "b"), added(3, 0, &[0])]);
    assert_eq!(reuse.unwrap_err(), ApplyError::LocalIdReused(0));
}

#[test]
fn a_deleted_topics_name_stops_colliding() {
    let mut image = after(&[created(1, "a.b")]);
    assert_eq!(image.colliding_topic("a_b").map(|name| &**name), Some("a.b"));
    assert_eq!(image.colliding_topic("ab"), None);
    image.replay(&Record::TopicDeleted { topic: topic_id(1) }).unwrap();
    assert_eq!(image.colliding_topic("a_b"), None);
}

#[test]
fn the_delta_names_what_changed_and_nothing_else() {
    let before = after(&[
        created(1, "grows"),
        added(1, 0, &[0]),
        created(2, "goes"),
        created(3, "stays"),
        created(4, "alters"),
    ]);
    let (image, delta) = before
        .apply(&[
            added(1, 1, &[1, 2]),
            Record::TopicDeleted { topic: topic_id(2) },
            set(Resource::Topic(topic_id(4)), "retention.ms", "9"),
            created(5, "comes"),
            set(Resource::Topic(topic_id(5)), "retention.ms", "8"),
            added(5, 0, &[3]),
            created(6, "comes and goes"),
            Record::TopicDeleted { topic: topic_id(6) },
        ])
        .unwrap();
    let names = |topics: &[Arc<TopicImage>]| -> Vec<String> {
        topics.iter().map(|topic| topic.name.to_string()).collect()
    };
    assert_eq!(names(&delta.created), ["comes"]);
    assert_eq!(delta.created[0].partition_count(), 1, "as it is afterwards");
    assert_eq!(delta.created[0].config.retention_ms, Some(8));
    assert_eq!(names(&delta.deleted), ["goes"]);
    assert_eq!(delta.grown.len(), 1);
    assert_eq!((delta.grown[0].0.partition_count(), delta.grown[0].1), (3, 1));
    assert_eq!(names(&delta.configured), ["alters"]);
    assert!(!delta.broker_configs && delta.booted.is_empty());
    assert_eq!(before.topic_count(), 4, "the older image is as it was");
    assert_eq!(image.topic_count(), 4);
    assert!(image.apply(&[]).unwrap().1.is_empty());
}

#[test]
fn a_brokers_value_reaches_topics_without_their_own() {
    let base = after(&[
        boot(1),
        created(1, "plain"),
        created(2, "own"),
        set(Resource::Topic(topic_id(2)), "flush.policy", "fsync"),
        created(3, "__internal"),
    ]);
    let (image, delta) = base.apply(&[set(Resource::AllBrokers, "flush.policy", "async")]).unwrap();
    let policy = |name: &str| image.topic(name).unwrap().config.flush_policy;
    assert_eq!(policy("plain"), FlushPolicy::Async);
    assert_eq!(policy("own"), FlushPolicy::Fsync);
    assert_eq!(policy("__internal"), FlushPolicy::Fsync);
    assert!(delta.broker_configs);
    assert_eq!(delta.configured.len(), 1, "only where the effective values changed");

    let node = set(Resource::Broker(BrokerId(1)), "flush.policy", "fsync");
    let (image, _) = image.apply(&[node]).unwrap();
    assert_eq!(image.topic("plain").unwrap().config.flush_policy, FlushPolicy::Fsync);
}

#[test]
fn topics_without_values_share_one_configuration() {
    let image = after(&[created(1, "a"), created(2, "b")]);
    let config = |name: &str| Arc::clone(&image.topic(name).unwrap().config);
    assert!(Arc::ptr_eq(&config("a"), &config("b")));
}

#[test]
fn a_ring_made_smaller_caps_max_message_bytes() {
    let small = Loader::new(Profile::Standard).flag("ring.size", "16MiB").unwrap();
    let empty = Image::empty(&small.build().unwrap()).unwrap();
    let value = set(Resource::Topic(topic_id(1)), "max.message.bytes", "100000000");
    let (image, _) = empty.apply(&[created(1, "a"), value]).unwrap();
    assert_eq!(image.topic("a").unwrap().config.max_message_bytes, 2 << 20);
}

#[test]
fn advertised_listeners_follow_the_dynamic_value() {
    let listeners = Listener::parse_list("PLAINTEXT://127.0.0.1:9092").unwrap();
    let node = Resource::Broker(BrokerId(1));
    let image = after(&[boot(1), set(node, "advertised.listeners", "PLAINTEXT://box:7")]);
    assert_eq!(image.listeners(&listeners)[0].advertised.to_string(), "box:7");
    assert_eq!(empty().listeners(&listeners)[0].advertised.to_string(), "127.0.0.1:9092");
}

#[test]
fn records_that_contradict_the_image_are_refused() {
    let image = after(&[boot(4), created(1, "a"), added(1, 0, &[0])]);
    let refuse = |record: Record| image.apply(&[record]).unwrap_err();
    assert_eq!(refuse(created(2, "a")), ApplyError::TopicExists("a".into()));
    assert_eq!(refuse(created(1, "b")), ApplyError::TopicExists("b".into()));
    assert_eq!(refuse(added(9, 0, &[1])), ApplyError::UnknownTopic(topic_id(9)));
    assert!(matches!(refuse(added(1, 3, &[1])), ApplyError::PartitionGap { have: 1, .. }));
    assert!(matches!(refuse(boot(4)), ApplyError::IncarnationNotNext { from: 4, to: 4, .. }));
    assert!(matches!(refuse(boot(6)), ApplyError::IncarnationNotNext { from: 4, to: 6, .. }));
    let gone = Record::TopicDeleted { topic: topic_id(9) };
    assert_eq!(refuse(gone), ApplyError::UnknownTopic(topic_id(9)));
    let nowhere = PartitionRecord { local_id: LocalId(8), replicas: vec![] };
    let first = PartitionIndex(1);
    let record = Record::PartitionsAdded { topic: topic_id(1), first, partitions: vec![nowhere] };
    assert_eq!(refuse(record), ApplyError::NoReplicas("a".into()));
    let (image, _) = image
        .apply(&[Record::ProducerIdBlock { broker: BrokerId(1), first: 0, count: 10 }])
        .unwrap();
    assert_eq!(image.next_producer_id(), ProducerId(10));
    let again = Record::ProducerIdBlock { broker: BrokerId(1), first: 9, count: 10 };
    assert!(matches!(image.apply(&[again]), Err(ApplyError::ProducerIdsReused { .. })));
}

#[test]
fn readers_of_the_cell_keep_the_image_they_loaded() {
    let cell = ImageCell::new(empty());
    let before = cell.load();
    cell.store(Arc::new(after(&[created(1, "a")])));
    assert_eq!((before.topic_count(), cell.load().topic_count()), (0, 1));
}

#[test]
fn ten_thousand_topics_are_created_one_by_one_and_restored() {
    let mut image = after(&[boot(1)]);
    for n in 0..10_000_u32 {
        let id = TopicId(u128::from(n).to_be_bytes());
        let name: Arc<str> = format!("topic.{n}").into();
        let partitions =
            vec![PartitionRecord { local_id: LocalId(n), replicas: vec![BrokerId(1)] }];
        image = image
            .apply(&[
                Record::TopicCreated { topic: id, name, at_ms: 0 },
                Record::PartitionsAdded { topic: id, first: PartitionIndex(0), partitions },
            ])
            .unwrap()
            .0;
    }
    assert_eq!((image.topic_count(), image.partition_count()), (10_000, 10_000));
    assert_eq!(after(&image.to_records()), image);
}

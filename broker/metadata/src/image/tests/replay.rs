//! META-1: replaying every record, and restoring a snapshot and replaying the rest, agree.

use proptest::prelude::*;

use super::*;
use crate::quota::EntityName;

/// A step of a random history; numbers are reduced to what exists when it is applied.
#[derive(Clone, Debug)]
enum Step {
    Create { name: u8, partitions: u8 },
    Grow { topic: u8, by: u8 },
    Delete { topic: u8 },
    Set { resource: u8, key: bool, value: u16 },
    Remove { resource: u8, key: bool },
    Boot,
    Block { count: u8 },
    Feature { level: i16 },
    Quota { entity: u8, key: bool, value: Option<u16> },
    Subscribe { name: u8, set: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<u8>(), 0..4_u8).prop_map(|(name, partitions)| Step::Create { name, partitions }),
        2 => (any::<u8>(), 1..3_u8).prop_map(|(topic, by)| Step::Grow { topic, by }),
        2 => any::<u8>().prop_map(|topic| Step::Delete { topic }),
        3 => (any::<u8>(), any::<bool>(), any::<u16>())
            .prop_map(|(resource, key, value)| Step::Set { resource, key, value }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(resource, key)| Step::Remove { resource, key }),
        1 => Just(Step::Boot),
        1 => any::<u8>().prop_map(|count| Step::Block { count }),
        1 => any::<i16>().prop_map(|level| Step::Feature { level }),
        3 => (any::<u8>(), any::<bool>(), any::<Option<u16>>())
            .prop_map(|(entity, key, value)| Step::Quota { entity, key, value }),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(name, set)| Step::Subscribe { name, set }),
    ]
}

/// The record a step stands for in the given image; `None` where nothing fits.
fn record(step: &Step, image: &Image, serial: u8) -> Option<Record> {
    let topics = image.topics_by_name();
    let pick = |n: u8| topics.get(usize::from(n) % topics.len().max(1)).cloned();
    let resource = |n: u8| match n % 4 {
        0 => Some(Resource::AllBrokers),
        1 => Some(Resource::Broker(BrokerId(1))),
        _ => pick(n / 4).map(|topic| Resource::Topic(topic.id)),
    };
    let key = |n: u8, broker: bool| match (n % 4 < 2, broker) {
        (true, true) => "log.retention.ms",
        (true, false) => "log.segment.bytes",
        (false, true) => "retention.ms",
        (false, false) => "segment.bytes",
    };
    Some(match step {
        Step::Create { name, .. } => {
            let name = format!("t{}{}", if name % 2 == 0 { '.' } else { '_' }, name % 16);
            if image.topic(&name).is_some() {
                return None;
            }
            created(serial, &name)
        }
        Step::Grow { topic, by } => grow(&*pick(*topic)?, *by, image),
        Step::Delete { topic } => Record::TopicDeleted { topic: pick(*topic)?.id },
        Step::Set { resource: n, key: which, value } => {
            set(resource(*n)?, key(*n, *which), &value.to_string())
        }
        Step::Remove { resource: n, key: which } => {
            Record::ConfigRemoved { resource: resource(*n)?, name: key(*n, *which).to_owned() }
        }
        Step::Boot => boot(image.incarnation() + 1),
        Step::Block { count } => Record::ProducerIdBlock {
            broker: BrokerId(1),
            first: image.next_producer_id().0,
            count: (*count).into(),
        },
        Step::Feature { level } => Record::FeatureLevel { name: "f".into(), level: *level },
        Step::Quota { entity, key, value } => {
            let part = |shift: u8| match (entity >> shift) % 3 {
                0 => None,
                1 => Some(EntityName::Default),
                _ => Some(EntityName::of(Some("e"))),
            };
            Record::ClientQuota {
                entity: QuotaEntity { user: part(0), client_id: part(2), ip: part(4) },
                key: if *key { "a" } else { "b" }.into(),
                value: value.map(|value| QuotaValue(value.into())),
            }
        }
        Step::Subscribe { name, set: exists } => {
            let resource = Resource::ClientMetrics(format!("m{}", name % 3).into());
            if *exists {
                set(resource, "metrics", "*")
            } else {
                Record::ConfigRemoved { resource, name: "metrics".to_owned() }
            }
        }
    })
}

fn grow(topic: &TopicImage, by: u8, image: &Image) -> Record {
    let first = image.next_local_id().0;
    let partition = |local_id| PartitionRecord {
        local_id: LocalId(local_id),
        replicas: if local_id % 3 == 0 {
            vec![BrokerId(1)]
        } else {
            vec![BrokerId(1), BrokerId(2)]
        },
    };
    Record::PartitionsAdded {
        topic: topic.id,
        first: PartitionIndex(topic.partition_count()),
        partitions: (first..first + u32::from(by)).map(partition).collect(),
    }
}

/// The records of a history, and the image after each.
fn history(steps: &[Step]) -> Vec<(Record, Image)> {
    let mut image = empty();
    let mut history = Vec::new();
    let mut push = |record: Option<Record>, image: &mut Image| {
        if let Some(record) = record {
            *image = image.apply(std::slice::from_ref(&record)).unwrap().0;
            history.push((record, image.clone()));
        }
    };
    push(Some(Record::ClusterCreated { cluster: ClusterId([9; 16]) }), &mut image);
    push(Some(boot(1)), &mut image);
    for (serial, step) in (1..).zip(steps) {
        let new = record(step, &image, serial);
        let exists = new.is_some();
        push(new, &mut image);
        if let Step::Create { partitions, .. } = step
            && exists
            && *partitions > 0
        {
            let topic = image.topic_by_id(topic_id(serial)).unwrap().clone();
            let grown = grow(&topic, *partitions, &image);
            push(Some(grown), &mut image);
        }
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn replay_and_snapshot_agree(steps in prop::collection::vec(step(), 0..60), cut in any::<prop::sample::Index>()) {
        let history = history(&steps);
        let cut = cut.index(history.len());
        let (_, image) = &history[cut];

        let bytes = encode_snapshot(cut as u64, &image.to_records());
        let (end, records) = decode_snapshot(&bytes).unwrap();
        prop_assert_eq!(end, cut as u64);
        let mut restored = empty();
        for record in &records {
            restored.replay(record).unwrap();
        }
        prop_assert_eq!(&restored, image, "restored");

        let mut replayed = empty();
        for (record, expected) in &history {
            let mut encoded = Vec::new();
            record.encode(&mut encoded);
            let record = Record::decode(&encoded).unwrap();
            replayed.replay(&record).unwrap();
            prop_assert_eq!(&replayed, expected, "replayed");
        }
        for (record, expected) in &history[cut + 1..] {
            restored.replay(record).unwrap();
            prop_assert_eq!(&restored, expected, "restored, then replayed");
        }
    }
}

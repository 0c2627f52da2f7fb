//! The metadata log from a file of arbitrary bytes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_controller::{LocalMetadataLog, LogError, MetadataLog};
use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_metadata::{PartitionRecord, Record, Resource};
use protocol_records::crc32c;
use protocol_types::{BrokerId, LocalId, PartitionIndex, TopicId, to_usize};

use crate::{Shape, Target};

use super::disk::{self, DIR, number, put};

pub const METADATA: Target = Target {
    name: "metadata",
    corpus,
    repair,
    execute,
    ceiling: super::of_client_bytes,
    shape: Shape { length_max: 64 << 10, grain: 0 },
};

fn path() -> PathBuf {
    Path::new(DIR).join("metadata.log")
}

fn open(disk: &Arc<MemDisk>) -> Result<Vec<Record>, LogError> {
    let mut log = LocalMetadataLog::open(Arc::clone(disk) as Arc<dyn Disk>, Path::new(DIR))?;
    let mut records = Vec::new();
    log.replay(&mut |record| records.push(record.clone()))?;
    Ok(records)
}

fn corpus() -> Vec<Vec<u8>> {
    [0, 1, 20].map(log).to_vec()
}

/// A log of so many topics.
fn log(topics: u8) -> Vec<u8> {
    let disk = Arc::new(MemDisk::new());
    let write = || -> Result<(), LogError> {
        let mut log = LocalMetadataLog::open(Arc::clone(&disk) as Arc<dyn Disk>, Path::new(DIR))?;
        log.replay(&mut |_| {})?;
        (0..topics).try_for_each(|n| log.append(&topic(n)))
    };
    match write() {
        Ok(()) => disk::read(&disk, &path()),
        Err(error) => panic!("a metadata log cannot be written: {error}"),
    }
}

fn topic(n: u8) -> Vec<Record> {
    let topic = TopicId([n; 16]);
    let partition = |index| PartitionRecord {
        local_id: LocalId(u32::from(n) * 10 + index),
        replicas: vec![BrokerId(1)],
    };
    vec![
        Record::TopicCreated { topic, name: format!("topic-{n}").into(), at_ms: 7 },
        Record::PartitionsAdded {
            topic,
            first: PartitionIndex(0),
            partitions: (0..3).map(partition).collect(),
        },
        Record::ConfigSet {
            resource: Resource::Topic(topic),
            name: "retention.ms".to_owned(),
            value: "-1".to_owned(),
        },
        Record::ProducerIdBlock { broker: BrokerId(1), first: u64::from(n) * 1000, count: 1000 },
    ]
}

/// Header and frame checksums, as `docs/formats/metadata.md` has them.
fn repair(input: &mut [u8]) {
    const HEADER_LEN: usize = 24;
    const FRAME_LEN: usize = 20;
    let checksum = crc32c(input.get(..20).unwrap_or_default());
    put(input, 20, &checksum.to_le_bytes());
    let mut at = HEADER_LEN;
    while let Some(length) = number(input, at).map(|word| to_usize(word >> 32)) {
        let payload_at = at + FRAME_LEN;
        let Some(payload) = input.get(payload_at..payload_at + length) else { return };
        let head = input.get(at..at + 16).unwrap_or_default();
        let checksum = crc32c(&[head, payload].concat());
        put(input, at + 16, &checksum.to_le_bytes());
        at = payload_at + length;
    }
}

fn execute(input: &[u8]) -> bool {
    let disk = Arc::new(disk::with_files(&[(&path(), input)]));
    let Ok(records) = open(&disk) else { return false };
    let again = open(&disk);
    assert!(again.is_ok_and(|again| again == records), "what was replayed once is replayed again");
    true
}

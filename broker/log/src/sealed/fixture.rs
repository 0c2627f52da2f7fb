//! Sealed files for tests.

use std::path::Path;
use std::sync::Arc;

use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use protocol_records::BatchBuilder;
use protocol_types::{
    BrokerId, Codec, LeaderEpoch, Offset, PartitionIndex, ProducerEpoch, ProducerId, Sequence,
    Timestamp, TopicId, TopicPartition,
};

use super::{
    AbortedTransaction, FileIdentity, Pace, SealError, SealedFileWriter, SealedMeta, SegmentEnd,
    SegmentHead, WriteLanes,
};
use crate::{CachedBatch, EpochStart, FileId, ProducerSnapshot};

pub(crate) const DIR: &str = "/data/segments";

/// A batch as it is stored, with one record per timestamp.
pub(crate) fn stored(base: u64, epoch: u32, stamps: &[i64], value: &[u8]) -> Vec<u8> {
    let builder = BatchBuilder::new(Codec::None);
    let mut builder = builder.base_offset(Offset(base)).leader_epoch(LeaderEpoch(epoch));
    for &stamp in stamps {
        builder.push(Timestamp(stamp), Some(b"key"), Some(value), &[]);
    }
    builder.build().unwrap()
}

/// What a test wants in one segment.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) partition: TopicPartition,
    pub(crate) batches: Vec<Vec<u8>>,
    pub(crate) base: u64,
    pub(crate) producers: Vec<ProducerSnapshot>,
    pub(crate) epochs: Vec<EpochStart>,
    pub(crate) aborted: Vec<AbortedTransaction>,
}

impl Plan {
    /// Batches of one record per timestamp, all with `value`, in epoch 2.
    pub(crate) fn new(partition: u32, base: u64, stamps: &[&[i64]], value: &[u8]) -> Self {
        let mut next = base;
        let batch = |stamps: &&[i64]| {
            let batch = stored(next, 2, stamps, value);
            next += stamps.len() as u64;
            batch
        };
        let batches = stamps.iter().map(batch).collect();
        let topic = TopicId([7; 16]);
        Self {
            partition: TopicPartition { topic, partition: PartitionIndex(partition) },
            batches,
            base,
            producers: Vec::new(),
            epochs: vec![EpochStart { epoch: LeaderEpoch(2), start: Offset(base) }],
            aborted: Vec::new(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.batches.concat()
    }
}

/// One segment with everything, and one with little.
pub(crate) fn sample() -> Vec<Plan> {
    let full = Plan {
        producers: vec![ProducerSnapshot {
            id: ProducerId(42),
            epoch: ProducerEpoch(3),
            last_used: Timestamp(1000),
            batches: vec![CachedBatch {
                base_offset: Offset(100),
                max_timestamp: Timestamp(12),
                first_sequence: Sequence(i32::MAX),
                last_delta: 1,
            }],
        }],
        aborted: vec![AbortedTransaction {
            producer: ProducerId(42),
            first: Offset(100),
            last: Offset(101),
            last_stable: Offset(100),
        }],
        ..Plan::new(0, 100, &[&[10, 12], &[5], &[40, 30, 20]], b"departed")
    };
    vec![full, Plan::new(3, 0, &[&[-1]], b"")]
}

pub(crate) fn identity(file: u64) -> FileIdentity {
    FileIdentity {
        file: FileId(file),
        cluster: *b"a cluster's uuid",
        broker: BrokerId(9),
        created: Timestamp(1_700_000_000_000),
    }
}

pub(crate) fn unpaced() -> Pace {
    Box::new(|_| ())
}

pub(crate) fn mem_disk() -> Arc<dyn Disk> {
    let disk = MemDisk::new();
    disk.create_dir_all(Path::new(DIR)).unwrap();
    Arc::new(disk)
}

pub(crate) fn write(
    disk: &Arc<dyn Disk>,
    file: u64,
    plans: &[Plan],
) -> Result<SealedMeta, SealError> {
    let writer = SealedFileWriter::create(
        Arc::clone(disk),
        Path::new(DIR),
        identity(file),
        &WriteLanes::default(),
        unpaced(),
    )?;
    write_into(writer, plans)
}

pub(crate) fn write_into(
    mut writer: SealedFileWriter,
    plans: &[Plan],
) -> Result<SealedMeta, SealError> {
    for plan in plans {
        writer.begin_segment(SegmentHead {
            partition: plan.partition,
            base: Offset(plan.base),
            len: plan.bytes().len() as u64,
        })?;
        plan.batches.iter().try_for_each(|batch| writer.push(batch))?;
        writer.end_segment(SegmentEnd {
            producers: &plan.producers,
            epochs: &plan.epochs,
            aborted: &plan.aborted,
        })?;
    }
    writer.finish()
}

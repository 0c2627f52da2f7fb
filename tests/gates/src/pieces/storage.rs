//! Pieces behind the partitions' locks: the append, the copy into the ring, and what the ring's writer does
//! with a group.

use std::io;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use broker_env::clock::Clock;
use broker_env::disk::{Disk, OsDisk};
use broker_partitions::{AppendRefusal, Appended, Partition, Produce};
use broker_wal::{Class, Entry, EntryKind, NodeIdentity, Placed, Wal, WalConfig, WalEvents};
use bytes::Bytes;
use protocol_records::BatchView;
use protocol_types::{FlushPolicy, LocalId, Lsn, PartitionIndex};
use tempfile::TempDir;

use super::Step;
use crate::input::{self, NOW, Size, TOPIC};
use crate::node::{Node, RING, clock};

/// One batch into a partition: the decision about its offsets and its place in the ring.
pub(super) fn append(size: Size) -> Result<Box<dyn Step>> {
    let node = Node::open(FlushPolicy::Fsync)?;
    let topic = node.partitions.topic(TOPIC).context("the topic")?;
    let partition = topic.partition(PartitionIndex(0)).context("the partition")?;
    Ok(Box::new(Append { node, partition, batch: input::batch(size)?, results: Vec::new() }))
}

struct Append {
    node: Node,
    partition: Arc<Partition>,
    batch: Bytes,
    results: Vec<Result<Appended, AppendRefusal>>,
}

impl Step for Append {
    fn run(&mut self) -> Result<()> {
        let batch = BatchView::parse(&self.batch)?;
        let item = Produce { partition: &self.partition, batch };
        self.node.partitions.append(NOW, &[item], &mut self.results);
        Ok(())
    }

    /// The writer sleeps again before the next step, so that every step has to wake it.
    fn settle(&mut self) -> Result<()> {
        for appended in self.results.drain(..) {
            self.node.partitions.wait_durable(appended?.ack)?;
        }
        Ok(())
    }
}

/// One payload into ring memory.
pub(super) fn ring_copy(size: Size) -> Result<Box<dyn Step>> {
    Ok(Box::new(RingStep::open(size)?))
}

/// One group of one payload, which the writer's thread closes while the step waits.
pub(super) fn group_close(size: Size) -> Result<Box<dyn Step>> {
    Ok(Box::new(RingStep::open(size)?))
}

/// On a real disk: what one in memory does would be counted with what the writer does.
struct RingStep {
    wal: Wal,
    batch: Bytes,
    placed: Vec<Placed>,
    end: Lsn,
    _home: TempDir,
}

impl RingStep {
    fn open(size: Size) -> Result<Self> {
        let disk: Arc<dyn Disk> = Arc::new(OsDisk);
        let clock: Arc<dyn Clock> = clock();
        let home = TempDir::with_prefix("ringtide-gates-")?;
        let node = NodeIdentity { cluster: [7; 16], broker: 1 };
        let config = WalConfig::new(home.path(), RING, 1, node);
        let (wal, _) =
            Wal::open(disk, clock, config, Lsn(0), 1, Arc::new(Nobody), &mut |_| Ok(()))?;
        Ok(Self {
            wal,
            batch: input::batch(size)?,
            placed: Vec::with_capacity(1),
            end: Lsn(0),
            _home: home,
        })
    }
}

impl Step for RingStep {
    fn run(&mut self) -> Result<()> {
        let length = self.batch.len() as u64;
        let admission = self.wal.admit(Class::User, 1, length, length)?;
        let (header, body) = self.batch.split_at(protocol_records::HEADER_LEN);
        let entry = Entry {
            kind: EntryKind::Data,
            local_id: LocalId(1),
            class: Class::User,
            flush: FlushPolicy::Fsync,
            parts: [header, body],
        };
        self.end = self.wal.append(admission, &[entry], &mut self.placed);
        Ok(())
    }

    fn settle(&mut self) -> Result<()> {
        self.placed.clear();
        Ok(self.wal.wait_durable_blocking(self.end)?)
    }
}

/// An owner that takes no interest.
struct Nobody;

impl WalEvents for Nobody {
    fn durable(&self, _: Lsn, _: &[LocalId]) {}
    fn published_late(&self, _: Lsn) {}
    fn poisoned(&self, _: &io::Error) {}
}

//! The sealer's way of a batch: out of ring memory, checked again, into a sealed file and its index.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use broker_env::disk::OsDisk;
use broker_env::threads;
use broker_partitions::{Partition, Produce, ReadPlan, ReadRequest};
use bytes::Bytes;
use protocol_records::BatchView;
use protocol_types::{FlushPolicy, IsolationLevel, Lsn, Offset, PartitionIndex};
use tempfile::TempDir;

use super::Step;
use crate::input::{self, NOW, Size, TOPIC};
use crate::node::Node;

/// Bytes of the ring. The sealer takes an eighth of it at a time: a span.
const RING: u64 = 8 << 20;
const SPAN: u64 = RING / 8;

/// Bytes of the batches of one append: full groups, as there are when much is written.
const APPENDED: usize = 64 << 10;

/// How often the sealer is looked at while it works.
const LOOK: Duration = Duration::from_millis(1);

/// One span, which the sealer's thread writes to a file while the step waits.
pub(super) fn seal(size: Size) -> Result<Box<dyn Step>> {
    let home = TempDir::with_prefix("ringtide-gates-")?;
    // On a real disk: one in memory clears what is allocated on it, and would be counted.
    let node = Node::open_on(Arc::new(OsDisk), home.path(), RING, FlushPolicy::Fsync)?;
    let topic = node.partitions.topic(TOPIC).context("the topic")?;
    let partition = topic.partition(PartitionIndex(0)).context("the partition")?;
    let start = node.partitions.durable();
    let mut sealing = Sealing {
        node,
        partition,
        batch: input::batch(size)?,
        filled: start,
        sealed: Offset(0),
        spans: 0,
        _home: home,
    };
    // Up to where one more append makes a span due, and every further span the next one.
    sealing.fill_to(Lsn(RING / 2 - 2 * APPENDED as u64))?;
    Ok(Box::new(sealing))
}

struct Sealing {
    node: Node,
    partition: Arc<Partition>,
    batch: Bytes,
    /// How far the ring is to be filled.
    filled: Lsn,
    /// Up to where the batches are in sealed files.
    sealed: Offset,
    spans: u64,
    _home: TempDir,
}

impl Sealing {
    /// Appends until the ring has come to `end`.
    fn fill_to(&mut self, end: Lsn) -> Result<()> {
        let item = Produce { partition: &self.partition, batch: BatchView::parse(&self.batch)? };
        let items = vec![item; APPENDED / self.batch.len()];
        let mut results = Vec::new();
        while self.node.partitions.durable() < end {
            self.node.partitions.append(NOW, &items, &mut results);
            for appended in results.drain(..) {
                self.node.partitions.wait_durable(appended?.ack)?;
            }
        }
        self.filled = end;
        Ok(())
    }

    /// Where the sealed file ends that holds the first batch that was not sealed before.
    fn sealed_end(&self) -> Result<Option<Offset>> {
        let request = ReadRequest {
            offset: self.sealed,
            bytes_max: 1,
            at_least_one: true,
            isolation: IsolationLevel::ReadUncommitted,
            leader_epoch: None,
        };
        let mut plan = ReadPlan::default();
        self.node.partitions.plan_read(&self.partition, &request, &mut plan)?;
        ensure!(plan.page.is_none(), "so many files that their list is on disk");
        Ok(plan.sealed.first().map(|part| part.segment.end))
    }
}

impl Step for Sealing {
    fn batches(&self) -> u32 {
        u32::try_from(self.sealed.0 / self.spans.max(1)).unwrap_or(u32::MAX)
    }

    fn run(&mut self) -> Result<()> {
        self.fill_to(Lsn(self.filled.0 + SPAN))?;
        self.spans += 1;
        loop {
            if let Some(end) = self.sealed_end()? {
                self.sealed = end;
                return Ok(());
            }
            threads::park_timeout(LOOK);
        }
    }
}

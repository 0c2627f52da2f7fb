//! Appends: one call per socket read, for all its batches.
//!
//! Order: room in the ring is taken first, so that nothing after it can fail for space; then the
//! partitions are locked by rising local id; then each batch is checked and staged; then one
//! section of the ring's lock places them all. Offsets are thus given in ring order per partition.

use std::sync::Arc;

use broker_log::{AppendError, BatchFacts, Check, Original, RingSpan};
use broker_wal::{Class, Entry, EntryKind, Full, Placed};
use parking_lot::MutexGuard;
use protocol_records::{BatchView, HEADER_LEN, HeaderBytes, rewrite, rewrite_log_append_time};
use protocol_types::{FlushPolicy, Lsn, Offset, Timestamp, TimestampType};
use smallvec::SmallVec;

use crate::Partitions;
use crate::partition::{Partition, State};

/// A validated batch for one partition.
#[derive(Clone, Copy, Debug)]
pub struct Produce<'a> {
    pub partition: &'a Arc<Partition>,
    pub batch: BatchView<'a>,
}

/// When an append counts as acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The watermark of `policy` must have reached it.
    pub lsn: Lsn,
    pub policy: FlushPolicy,
}

/// An appended batch, or the original of one that was appended before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    pub base_offset: Offset,
    /// Under LogAppendTime, the time its records carry.
    pub log_append_time: Option<Timestamp>,
    pub log_start: Offset,
    pub ack: Ack,
}

/// Why a batch was not appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendRefusal {
    #[error("the topic was deleted")]
    Gone,
    #[error(transparent)]
    Idempotence(#[from] AppendError),
    /// Retriable: sealing will make room.
    #[error(transparent)]
    RingFull(#[from] Full),
}

/// Batches of one call that need no memory beside the stack: most calls have one.
const FEW: usize = 4;

/// The batches of a call that have their offsets.
type StagedBatches<'a> = SmallVec<[Staged<'a>; FEW]>;

/// A batch on its way into the ring.
struct Staged<'a> {
    item: &'a Produce<'a>,
    header: HeaderBytes,
    policy: FlushPolicy,
}

impl Partitions {
    /// Appends `items` in order and pushes one result for each to `results`. `now` stamps batches
    /// of topics under LogAppendTime. Never blocks for long: there is no I/O in it.
    pub fn append(
        &self,
        now: Timestamp,
        items: &[Produce<'_>],
        results: &mut Vec<Result<Appended, AppendRefusal>>,
    ) {
        let bytes = |item: &Produce<'_>| item.batch.bytes().len() as u64;
        let total = items.iter().map(bytes).sum();
        let largest = items.iter().map(bytes).max().unwrap_or(0);
        let class = class_of(items);
        let admission = match self.wal.admit(class, items.len(), total, largest) {
            Ok(admission) => admission,
            Err(full) => {
                self.metrics.appends_refused.increment(items.len() as u64);
                results.extend(items.iter().map(|_| Err(full.into())));
                return;
            }
        };

        let first = results.len();
        let mut locks = Locks::take(items);
        let mut staged = StagedBatches::with_capacity(items.len());
        for item in items {
            results.push(stage(locks.state(item.partition), item, now, &mut staged));
        }
        let end = self.place(admission, class, &staged, &mut locks);
        drop(locks);

        for result in results.iter_mut().skip(first).flatten() {
            if result.ack.lsn == UNPLACED {
                result.ack.lsn = end;
            }
        }
        self.signal_async(&staged, end);
    }

    /// Whether what was appended is acknowledged.
    #[must_use]
    pub fn is_acked(&self, ack: Ack) -> bool {
        let reached = match ack.policy {
            FlushPolicy::Fsync => self.wal.durable(),
            FlushPolicy::Async => self.wal.published(),
        };
        ack.lsn <= reached
    }

    /// Blocks until everything up to `ack` is durable; for threads that may block.
    ///
    /// # Errors
    /// When the ring cannot be written any more.
    pub fn wait_durable(&self, ack: Ack) -> Result<(), broker_wal::WalError> {
        self.wal.wait_durable_blocking(ack.lsn)
    }

    fn place(
        &self,
        admission: broker_wal::Admission<'_>,
        class: Class,
        staged: &[Staged<'_>],
        locks: &mut Locks<'_>,
    ) -> Lsn {
        if staged.is_empty() {
            return Lsn(0);
        }
        let entries: SmallVec<[Entry<'_>; FEW]> = staged
            .iter()
            .map(|staged| Entry {
                kind: EntryKind::Data,
                local_id: staged.item.partition.local_id(),
                class,
                flush: staged.policy,
                parts: [&staged.header, staged.item.batch.body()],
            })
            .collect();
        let mut placed: SmallVec<[Placed; FEW]> = SmallVec::with_capacity(entries.len());
        let end = self.wal.append(admission, &entries, &mut placed);
        assert_eq!(placed.len(), entries.len(), "the ring places every entry");
        for ((staged, entry), placed) in staged.iter().zip(&entries).zip(&placed) {
            let Ok(len) = u32::try_from(entry.payload_len()) else {
                unreachable!("a batch's length field has 31 bits")
            };
            let span = RingSpan { lsn: placed.lsn, len, end: placed.end };
            locks.state(staged.item.partition).log.place(span);
        }
        end
    }

    /// Under `async` the high watermark moved with the append itself, unless a large copy of
    /// another shard lies in front of it and is still under way.
    fn signal_async(&self, staged: &[Staged<'_>], end: Lsn) {
        let moved = staged.iter().filter(|staged| staged.policy == FlushPolicy::Async);
        let mut moved = moved.map(|staged| staged.item.partition).peekable();
        if moved.peek().is_none() {
            return;
        }
        if self.wal.published() < end {
            let partitions = moved.cloned().collect();
            self.late.add(end, partitions);
            if self.wal.published() < end {
                return;
            }
            self.late.release(self.wal.published(), &self.signals);
            return;
        }
        for partition in moved {
            self.signals.partition_moved(partition.take_waiting(), partition.local_id());
        }
    }
}

/// Stands for the end of the call under way until it is known.
const UNPLACED: Lsn = Lsn(u64::MAX);

fn class_of(items: &[Produce<'_>]) -> Class {
    // A read that mixes both takes the stricter door: internal writers do not mix.
    if items.iter().all(|item| item.partition.is_reserved()) {
        Class::Internal
    } else {
        Class::User
    }
}

/// Checks one batch and, if it is new, takes its offsets.
fn stage<'a>(
    state: &mut State,
    item: &'a Produce<'a>,
    now: Timestamp,
    staged: &mut StagedBatches<'a>,
) -> Result<Appended, AppendRefusal> {
    if !state.hosted {
        return Err(AppendRefusal::Gone);
    }
    let config = item.partition.config();
    let policy = config.flush_policy;
    let stamped = config.message_timestamp_type == TimestampType::LogAppendTime;
    let log_start = state.log.log_start();
    match state.log.check(&item.batch)? {
        Check::Fresh { base_offset } => {
            let epoch = item.partition.leader_epoch();
            let mut facts = BatchFacts::fresh(&item.batch, base_offset, epoch);
            let header = if stamped {
                facts.max_timestamp = now;
                rewrite_log_append_time(&item.batch, base_offset, epoch, now)
            } else {
                rewrite(&item.batch, base_offset, epoch)
            };
            state.log.stage(&facts, now);
            staged.push(Staged { item, header, policy });
            let ack = Ack { lsn: UNPLACED, policy };
            Ok(Appended { base_offset, log_append_time: stamped.then_some(now), log_start, ack })
        }
        Check::Duplicate { base_offset, max_timestamp, original } => {
            let lsn = match original {
                Original::Sealed => Lsn(0),
                Original::Ring { end } => end,
                Original::Staged => UNPLACED,
            };
            let log_append_time = stamped.then_some(max_timestamp);
            let ack = Ack { lsn, policy };
            Ok(Appended { base_offset, log_append_time, log_start, ack })
        }
    }
}

/// The locks of every partition of a call, taken by rising local id.
struct Locks<'a> {
    held: SmallVec<[(&'a Partition, MutexGuard<'a, State>); FEW]>,
}

impl<'a> Locks<'a> {
    fn take(items: &[Produce<'a>]) -> Self {
        let mut partitions: SmallVec<[&'a Partition; FEW]> =
            items.iter().map(|item| &**item.partition).collect();
        partitions.sort_unstable_by_key(|partition| partition.local_id());
        partitions.dedup_by_key(|partition| partition.local_id());
        Self {
            held: partitions.into_iter().map(|partition| (partition, partition.lock())).collect(),
        }
    }

    fn state(&mut self, of: &Partition) -> &mut State {
        let local = of.local_id();
        let at = self.held.binary_search_by_key(&local, |(partition, _)| partition.local_id());
        let Some((_, state)) = at.ok().and_then(|at| self.held.get_mut(at)) else {
            panic!("partition {local:?} is not locked")
        };
        state
    }
}

const _: () = assert!(HEADER_LEN == size_of::<HeaderBytes>());

//! Reads: where a fetch's bytes are, and how to get them.
//!
//! Planning takes the partition's lock and no I/O. Batches in ring memory are lent to the caller
//! under a pin, for one non-blocking write; everything else is loaded by a reading thread.

use std::sync::Arc;

use broker_log::checkpoint::CheckpointError;
use broker_log::{
    Marks, OutOfRange, PageRef, PagedPart, ReadLimits, ReadPlan, RingPart, SealedPart, SegmentRef,
};
use broker_wal::{FileReader, Pin, ReadError};
use bytes::{Bytes, BytesMut};
use protocol_records::BatchView;
use protocol_types::{IsolationLevel, LeaderEpoch, Lsn, Offset};

use crate::partition::Partition;
use crate::signals::ShardId;
use crate::{Partitions, Storage};

/// What a reader asks of one partition.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest {
    pub offset: Offset,
    pub bytes_max: u64,
    /// Return the first batch whole, however large it is (KIP-74).
    pub at_least_one: bool,
    pub isolation: IsolationLevel,
    /// The epoch the reader believes in, if it names one (KIP-320).
    pub leader_epoch: Option<LeaderEpoch>,
}

/// Why nothing can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadRefusal {
    #[error("the topic was deleted")]
    Gone,
    #[error("leader epoch {} is older than the partition's {}", asked.0, current.0)]
    FencedEpoch { asked: LeaderEpoch, current: LeaderEpoch },
    #[error("leader epoch {} is newer than the partition's {}", asked.0, current.0)]
    UnknownEpoch { asked: LeaderEpoch, current: LeaderEpoch },
    #[error("offset {} is outside the log, which goes from {} to {}",
        .0.asked.0, .0.log_start.0, .0.log_end.0)]
    OutOfRange(OutOfRange, Marks),
}

/// Why planned bytes could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The plan is out of date, as data was sealed or dropped meanwhile: plan again.
    #[error("the data moved while it was read")]
    Moved,
    #[error("sealed file: {0}")]
    Sealed(#[from] broker_log::sealed::ReadError),
    /// The page that lists the segments cannot be read.
    #[error(transparent)]
    Page(#[from] CheckpointError),
    #[error("ring: {0}")]
    Ring(ReadError),
    #[error("ring bytes at {0:?} are not the batch that was written")]
    Corrupt(Lsn),
    #[error("the broker is stopping")]
    Stopping,
}

impl Partitions {
    /// Whether `asked`, if any, is the epoch this broker leads `partition` in.
    ///
    /// # Errors
    /// With the epoch's fault (trap 56).
    pub fn check_epoch(
        &self,
        partition: &Partition,
        asked: Option<LeaderEpoch>,
    ) -> Result<(), ReadRefusal> {
        let current = partition.leader_epoch();
        match asked {
            Some(asked) if asked < current => Err(ReadRefusal::FencedEpoch { asked, current }),
            Some(asked) if asked > current => Err(ReadRefusal::UnknownEpoch { asked, current }),
            _ => Ok(()),
        }
    }

    /// Fills `plan` with where the bytes are that `request` may see. Empty plan: nothing yet.
    ///
    /// # Errors
    /// When the reader's epoch or offset is wrong, or the topic is gone.
    pub fn plan_read(
        &self,
        partition: &Partition,
        request: &ReadRequest,
        plan: &mut ReadPlan,
    ) -> Result<Marks, ReadRefusal> {
        self.check_epoch(partition, request.leader_epoch)?;
        plan.clear();
        let mut state = partition.lock();
        if !state.hosted {
            return Err(ReadRefusal::Gone);
        }
        let marks = state.marks(partition, &self.wal);
        let upto = marks.readable_end(request.isolation);
        let limits =
            ReadLimits { bytes_max: request.bytes_max, upto, at_least_one: request.at_least_one };
        match state.log.plan_read(request.offset, limits, plan) {
            Ok(()) => Ok(marks),
            Err(out_of_range) => Err(ReadRefusal::OutOfRange(out_of_range, marks)),
        }
    }

    /// Keeps ring memory at and above `at` as it is, for one non-blocking write on `shard`. `None`
    /// if it has been reused or was never in memory: load the plan instead.
    #[must_use]
    pub fn pin(&self, shard: ShardId, at: Lsn) -> Option<Pin<'_>> {
        self.wal.pin(usize::from(shard.0), at)
    }

    /// Loads a plan's batches, oldest first, under `limits`, on a reading thread.
    ///
    /// # Errors
    /// When the data moved, cannot be read, or is not what was written.
    pub async fn load(
        &self,
        partition: &Arc<Partition>,
        plan: ReadPlan,
        limits: ReadLimits,
    ) -> Result<Vec<Bytes>, LoadError> {
        let (storage, partition) = (Arc::clone(&self.storage), Arc::clone(partition));
        let load = move || storage.load_blocking(&partition, &plan, limits);
        self.readers.run(load).await.unwrap_or(Err(LoadError::Stopping))
    }
}

impl Storage {
    pub(crate) fn load_blocking(
        &self,
        partition: &Partition,
        plan: &ReadPlan,
        limits: ReadLimits,
    ) -> Result<Vec<Bytes>, LoadError> {
        let mut loaded = Vec::new();
        let mut left = limits.bytes_max;
        let paged = match &plan.page {
            Some(part) => self.paged(partition, part, limits.upto)?,
            None => Vec::new(),
        };
        for part in paged.iter().chain(&plan.sealed) {
            let at_least_one = limits.at_least_one && loaded.is_empty();
            let limits = ReadLimits { bytes_max: left, at_least_one, ..limits };
            let read = self.files.read(part, limits);
            let read = read.map_err(|error| unless_dropped(partition, part.segment.end, error))?;
            left = left.saturating_sub(read.bytes.len() as u64);
            if !read.bytes.is_empty() {
                loaded.push(read.bytes);
            }
            if !read.at_end {
                return Ok(loaded);
            }
        }
        let mut ring = BytesMut::new();
        let mut reader = self.wal.file_reader();
        let mut rest = plan.ring.iter();
        while let Some(part) = rest.as_slice().first() {
            let first = loaded.is_empty() && ring.is_empty();
            let fits = u64::from(part.len) <= left || (first && limits.at_least_one);
            if !fits {
                break;
            }
            let at = ring.len();
            ring.resize(at + part.len as usize, 0);
            let bytes = ring.get_mut(at..).unwrap_or_default();
            let read = reader.read_into(part.lsn, bytes, || run_end(rest.clone().copied()));
            match checked(*part, bytes, read) {
                Ok(()) => {}
                Err(LoadError::Moved) if !first => {
                    ring.truncate(at);
                    break;
                }
                Err(error) => return Err(error),
            }
            left = left.saturating_sub(u64::from(part.len));
            rest.next();
        }
        if !ring.is_empty() {
            loaded.push(ring.freeze());
        }
        Ok(loaded)
    }

    /// The segments that a planned page stands for. Blocks.
    fn paged(
        &self,
        partition: &Partition,
        part: &PagedPart,
        upto: Offset,
    ) -> Result<Vec<SealedPart>, LoadError> {
        Ok(part.sealed(&self.page(partition, &part.page)?, upto))
    }

    /// The segments of a page of `partition`. Blocks.
    pub(crate) fn page(
        &self,
        partition: &Partition,
        page: &PageRef,
    ) -> Result<Arc<[SegmentRef]>, LoadError> {
        self.pages.load(page).map_err(|error| unless_dropped(partition, page.end, error))
    }

    /// One batch of the ring, from memory or the ring file, checked before anyone sees it. Blocks.
    pub(crate) fn ring_batch(&self, part: RingPart) -> Result<Vec<u8>, LoadError> {
        let mut bytes = vec![0; part.len as usize];
        let read = self.wal.read_into(part.lsn, &mut bytes);
        checked(part, &bytes, read)?;
        Ok(bytes)
    }
}

/// Whether `bytes`, which were `read` from the ring, are the batch that was written there.
fn checked(part: RingPart, bytes: &[u8], read: Result<(), ReadError>) -> Result<(), LoadError> {
    read.map_err(|error| match error {
        ReadError::Trimmed(_) => LoadError::Moved,
        error @ (ReadError::Absent(_) | ReadError::Io { .. }) => LoadError::Ring(error),
    })?;
    match BatchView::parse(bytes) {
        Ok(batch) if batch.crc_matches() => Ok(()),
        _ => Err(LoadError::Corrupt(part.lsn)),
    }
}

/// Where the first of `parts` ends and those behind it that lie close to one another: so far it pays
/// to read the ring file at once.
pub(crate) fn run_end(parts: impl Iterator<Item = RingPart>) -> Lsn {
    /// As much as a read of its own is worth.
    const GAP_MAX: u64 = 16 << 10;
    let mut run: Option<(u64, u64)> = None;
    for RingPart { lsn: Lsn(at), len } in parts {
        let (start, end) = run.unwrap_or((at, at));
        if at > end + GAP_MAX || end - start >= FileReader::WINDOW {
            break;
        }
        run = Some((start, at + u64::from(len)));
    }
    Lsn(run.map_or(0, |(_, end)| end))
}

/// What it means that data up to `end` could not be read: where it has left the log since it was
/// planned, its blocks are given back, so that nothing is there.
pub(crate) fn unless_dropped(
    partition: &Partition,
    end: Offset,
    error: impl Into<LoadError>,
) -> LoadError {
    let state = partition.lock();
    let dropped = !state.hosted || end <= state.log.log_start();
    if dropped { LoadError::Moved } else { error.into() }
}

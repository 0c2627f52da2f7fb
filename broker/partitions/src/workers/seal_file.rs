//! Fills sealed files from the ring and finishes them side by side.
//!
//! A file is finished when disk holds all of it: a wait of a sync, for each file. Files of one span
//! are therefore filled one after the other and finished together.

use std::sync::Arc;
use std::time::Duration;

use broker_env::threads;
use broker_log::sealed::{
    self, FileIdentity, Pace, SealError, SealedFileWriter, SealedMeta, SegmentEnd, SegmentHead,
    Spare, WriteLanes,
};
use broker_log::{BatchFacts, EpochStart, FileId, ProducerTable, SegmentRef, TailBatch};
use protocol_records::BatchView;
use protocol_types::{Offset, Timestamp};

use super::pace::{self, Progress};
use super::ring_reader::RingReader;
use super::sealer::WorkError;
use crate::Storage;
use crate::partition::Partition;

#[cfg(test)]
mod tests;

/// What of a partition goes into a segment.
pub(super) struct Source {
    pub partition: Arc<Partition>,
    /// The oldest batches, which lie below the log start: they are not written, but what their
    /// producers did counts.
    pub dead: Vec<TailBatch>,
    /// Those behind them.
    pub batches: Vec<TailBatch>,
    pub epochs: Vec<EpochStart>,
    /// As of the sealed end.
    pub producers: ProducerTable,
}

/// A segment that is durable in its file and not yet known to readers.
pub(super) struct Written {
    pub partition: Arc<Partition>,
    /// End of the dead batches in front of it, or its base.
    pub dead_end: Offset,
    /// `None` if nothing else was to be sealed.
    pub segment: Option<SegmentRef>,
    pub producers: ProducerTable,
}

/// A file that holds all its segments and is not durable yet. Dropped, it is removed.
pub(super) struct FilledFile {
    writer: SealedFileWriter,
    sealed: Vec<(Arc<Partition>, ProducerTable)>,
}

impl FilledFile {
    /// Writes `sources` into one file, in the space of `spare` if there is one. Keeps its name in the program: the
    /// gates count it.
    #[inline(never)]
    pub(super) fn fill(
        storage: &Arc<Storage>,
        ring: &mut RingReader,
        lanes: &WriteLanes,
        file: FileId,
        spare: Option<Spare>,
        sources: Vec<Source>,
    ) -> Result<Self, WorkError> {
        let now = storage.clock.wall();
        let identity =
            FileIdentity { file, cluster: storage.cluster, broker: storage.broker, created: now };
        let disk = Arc::clone(&storage.disk);
        let (dir, pace) = (&storage.segments_dir, pacer(storage));
        let mut writer = SealedFileWriter::create_over(spare, disk, dir, identity, lanes, pace)?;
        for observer in storage.observers.make() {
            writer = writer.observed_by(observer);
        }
        let mut sealed = Vec::with_capacity(sources.len());
        for mut source in sources {
            let len = source.batches.iter().map(|batch| u64::from(batch.len)).sum();
            let base = source.batches.first().map(|batch| batch.base).unwrap_or_default();
            replay_dead(ring, &mut source, now)?;
            writer.begin_segment(SegmentHead { partition: source.partition.id(), base, len })?;
            ring.each(&source.batches, |bytes| {
                let facts = writer.push_read(bytes)?;
                source.producers.replay(&facts, now);
                Ok(())
            })?;
            let producers = source.producers.snapshot();
            let end = SegmentEnd { producers: &producers, epochs: &source.epochs, aborted: &[] };
            writer.end_segment(end)?;
            sealed.push((source.partition, source.producers));
        }
        Ok(Self { writer, sealed })
    }

    /// Makes it durable.
    fn finish(self) -> Result<(SealedMeta, Vec<Written>), SealError> {
        let meta = self.writer.finish()?;
        assert_eq!(meta.segments.len(), self.sealed.len(), "one segment per partition");
        let both = self.sealed.into_iter().zip(&meta.segments);
        let written = both.map(|((partition, producers), sealed)| {
            assert_eq!(partition.id(), sealed.partition, "segments stand in the order of writing");
            let segment = sealed.segment;
            Written { partition, dead_end: segment.base, segment: Some(segment), producers }
        });
        let written = written.collect();
        Ok((meta, written))
    }
}

/// Passes over a source of dead batches alone; there is nothing to write.
pub(super) fn pass_over(
    storage: &Storage,
    ring: &mut RingReader,
    mut source: Source,
) -> Result<Option<Written>, WorkError> {
    let Some(dead_end) = source.dead.last().map(TailBatch::next) else { return Ok(None) };
    replay_dead(ring, &mut source, storage.clock.wall())?;
    let Source { partition, producers, .. } = source;
    Ok(Some(Written { partition, dead_end, segment: None, producers }))
}

fn replay_dead(
    ring: &mut RingReader,
    source: &mut Source,
    now: Timestamp,
) -> Result<(), WorkError> {
    ring.each(&source.dead, |bytes| {
        replay(&mut source.producers, bytes, now);
        Ok(())
    })
}

fn replay(producers: &mut ProducerTable, batch: &[u8], now: Timestamp) {
    if let Ok(view) = BatchView::parse(batch) {
        producers.replay(&BatchFacts::stored(&view), now);
    }
}

/// Makes files durable, all at once. If one fails, none is left behind.
pub(super) fn finish_all(
    storage: &Storage,
    filled: Vec<FilledFile>,
) -> Result<Vec<(SealedMeta, Vec<Written>)>, WorkError> {
    let finishing: Vec<_> = filled
        .into_iter()
        .map(|file| threads::spawn("seal-finish", move || file.finish()))
        .collect();
    let mut finished = Vec::with_capacity(finishing.len());
    let mut failure = None;
    for thread in finishing {
        match thread.map(threads::JoinHandle::join) {
            Ok(Ok(Ok(file))) => finished.push(file),
            Ok(Ok(Err(error))) => failure = Some(WorkError::Seal(error)),
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => failure = Some(WorkError::Thread(error)),
        }
    }
    let Some(failure) = failure else { return Ok(finished) };
    for (meta, _) in finished {
        let file = meta.identity.file;
        if let Err(error) = sealed::remove(&*storage.disk, &storage.segments_dir, file) {
            tracing::warn!(%file, %error, "a sealed file without use stays until the next start");
        }
    }
    Err(failure)
}

/// Holds one file's writer back as [`pace::pause`] says.
fn pacer(storage: &Arc<Storage>) -> Pace {
    let storage = Arc::clone(storage);
    let (began, head) = (storage.clock.now(), storage.wal.head());
    let mut written = 0_u64;
    Box::new(move |chunk| {
        written += chunk as u64;
        let elapsed = Duration::from_nanos(storage.clock.now().nanos_since(began));
        let ingested = storage.wal.head().0 - head.0;
        let pause = pace::pause(Progress { elapsed, written, ingested }, storage.wal.occupancy());
        if !pause.is_zero() {
            storage.clock.sleep(pause);
        }
    })
}

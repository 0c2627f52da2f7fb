//! Seals a span of the ring, or one partition alone, into files.

use std::sync::Arc;
use std::time::Duration;

use broker_log::checkpoint::PartitionChange;
use broker_log::sealed::{
    FileIdentity, Pace, SealedFileWriter, SealedMeta, SegmentEnd, SegmentHead,
};
use broker_log::{BatchFacts, EpochStart, FileId, ProducerTable, SegmentRef, TailBatch, seal};
use broker_wal::{Class, Entry, EntryKind};
use protocol_records::BatchView;
use protocol_types::{FlushPolicy, LocalId, Lsn};

use super::pace::{self, Progress};
use super::sealer::{Sealer, WorkError, change};
use crate::Engine;
use crate::partition::Partition;
use crate::read::LoadError;

/// A segment that is durable in its file and not yet known to readers.
struct Written {
    partition: Arc<Partition>,
    segment: SegmentRef,
    producers: ProducerTable,
}

/// What of a partition goes into a segment.
struct Source {
    partition: Arc<Partition>,
    batches: Vec<TailBatch>,
    epochs: Vec<EpochStart>,
    producers: ProducerTable,
}

impl Sealer {
    /// Seals everything below `upto`: large partitions into files of their own, the rest into one.
    pub(super) fn seal_span(&mut self, upto: Lsn) -> Result<(), WorkError> {
        let partitions = self.hosted.all();
        let in_span = partitions.iter().map(|partition| {
            let state = partition.lock();
            (partition.local_id(), state.log.unsealed_bytes_below(upto))
        });
        let plan = seal::plan(in_span.filter(|(_, bytes)| *bytes > 0));
        let mut changed = Vec::new();
        for local in plan.own {
            changed.extend(self.seal_into_file(&[local], upto)?);
        }
        if !plan.pack.is_empty() {
            changed.extend(self.seal_into_file(&plan.pack, upto)?);
        }
        self.commit(changed, upto)
    }

    /// Seals the partitions that `segment.bytes` or `segment.ms` ask for, each into its own file.
    pub(super) fn seal_alone(&mut self) -> Result<(), WorkError> {
        let now = self.engine.clock.wall();
        let due = |partition: &Arc<Partition>| {
            let config = partition.config();
            let state = partition.lock();
            seal::alone_due(&state.log, config.segment_bytes, config.segment_ms, now)
        };
        let due: Vec<LocalId> =
            self.hosted.all().iter().filter(|p| due(p)).map(|p| p.local_id()).collect();
        for local in due {
            let durable = self.engine.wal.durable();
            let changed = self.seal_into_file(&[local], durable)?;
            self.commit(changed, self.covered)?;
        }
        Ok(())
    }

    /// Writes one file, tells the ring, and switches readers over to it.
    fn seal_into_file(
        &mut self,
        locals: &[LocalId],
        upto: Lsn,
    ) -> Result<Vec<PartitionChange>, WorkError> {
        let sources = self.sources(locals, upto);
        if sources.is_empty() {
            return Ok(Vec::new());
        }
        let file = FileId(self.next_file);
        self.next_file += 1;
        let (meta, written) = write_file(&self.engine, self.pin, file, sources)?;
        self.metrics.sealed_files.increment(1);
        self.metrics.sealed_bytes.increment(meta.len);
        self.append_sealed(&meta, upto)?;
        Ok(self.switch_over(written))
    }

    fn sources(&self, locals: &[LocalId], upto: Lsn) -> Vec<Source> {
        let mut sources = Vec::with_capacity(locals.len());
        for partition in locals.iter().filter_map(|local| self.hosted.partition(*local)) {
            let state = partition.lock();
            let batches: Vec<TailBatch> = state.log.unsealed_below(upto).copied().collect();
            let Some(last) = batches.last() else { continue };
            let epochs = state.epochs_below(last.next());
            let producers = state.sealed_producers.clone();
            drop(state);
            sources.push(Source { partition, batches, epochs, producers });
        }
        sources
    }

    /// Tells the ring's readers of other machines, and whoever inspects it, that a file is complete.
    fn append_sealed(&self, meta: &SealedMeta, upto: Lsn) -> Result<(), WorkError> {
        let mut payload = Vec::with_capacity(32);
        for number in [meta.identity.file.0, meta.len, meta.directory_checksum, upto.0] {
            payload.extend_from_slice(&number.to_le_bytes());
        }
        let len = payload.len() as u64;
        let admission = self.engine.wal.admit(Class::Control, 1, len, len)?;
        let entry = Entry {
            kind: EntryKind::Sealed,
            local_id: LocalId(0),
            class: Class::Control,
            flush: FlushPolicy::Fsync,
            parts: [&payload, &[]],
        };
        self.engine.wal.append(admission, &[entry], &mut Vec::with_capacity(1));
        Ok(())
    }

    fn switch_over(&mut self, written: Vec<Written>) -> Vec<PartitionChange> {
        let now = self.engine.clock.wall();
        let mut changed = Vec::with_capacity(written.len());
        for Written { partition, segment, producers } in written {
            self.files.live(segment.file);
            let mut state = partition.lock();
            if !state.hosted {
                // Deleted while it was written: the segment was born dead.
                self.graves.lock().segments.push(segment);
                continue;
            }
            // Wholly below the log start by now: nobody will read it.
            let dead = state.log.seal_applied(segment, now);
            state.sealed_producers = producers;
            state.log_start_moved = false;
            let added = if dead.is_none() { vec![segment] } else { Vec::new() };
            self.graves.lock().segments.extend(dead);
            changed.push(change(&partition, &state, added));
        }
        changed
    }
}

/// Writes `sources` into one file, durable on return.
fn write_file(
    engine: &Arc<Engine>,
    pin: usize,
    file: FileId,
    sources: Vec<Source>,
) -> Result<(SealedMeta, Vec<Written>), WorkError> {
    let now = engine.clock.wall();
    let identity =
        FileIdentity { file, cluster: engine.cluster, broker: engine.broker, created: now };
    let disk = Arc::clone(&engine.disk);
    let mut writer = SealedFileWriter::create(disk, &engine.segments_dir, identity, pacer(engine))?;
    let mut sealed = Vec::with_capacity(sources.len());
    let mut buffer = Vec::new();
    for mut source in sources {
        let len = source.batches.iter().map(|batch| u64::from(batch.len)).sum();
        let base = source.batches.first().map(|batch| batch.base).unwrap_or_default();
        writer.begin_segment(SegmentHead { partition: source.partition.id(), base, len })?;
        for batch in &source.batches {
            // What is in memory is written from there: nothing above the covered part is reused,
            // so this pin, unlike a shard's, holds nobody up while the disk writes.
            let pinned = engine.wal.pin(pin, batch.lsn);
            let in_memory = pinned.as_ref().and_then(|p| p.bytes(batch.lsn, batch.len as usize));
            let bytes = match in_memory {
                Some(bytes) => bytes,
                None => {
                    buffer.resize(batch.len as usize, 0);
                    engine.wal.read_into(batch.lsn, &mut buffer).map_err(LoadError::Ring)?;
                    &buffer
                }
            };
            writer.push(bytes)?;
            if let Ok(view) = BatchView::parse(bytes) {
                source.producers.replay(&BatchFacts::stored(&view), now);
            }
        }
        let producers = source.producers.snapshot();
        let end = SegmentEnd { producers: &producers, epochs: &source.epochs, aborted: &[] };
        writer.end_segment(end)?;
        sealed.push((source.partition, source.producers));
    }
    let meta = writer.finish()?;
    assert_eq!(meta.segments.len(), sealed.len(), "one segment per partition");
    let written = sealed.into_iter().zip(&meta.segments).map(|((partition, producers), sealed)| {
        assert_eq!(
            partition.id(),
            sealed.partition,
            "segments stand in the order of their writing"
        );
        Written { partition, segment: sealed.segment, producers }
    });
    let written = written.collect();
    Ok((meta, written))
}

/// Holds one file's writer back as [`pace::pause`] says.
fn pacer(engine: &Arc<Engine>) -> Pace {
    let engine = Arc::clone(engine);
    let (began, head) = (engine.clock.now(), engine.wal.head());
    let mut written = 0_u64;
    Box::new(move |chunk| {
        written += chunk as u64;
        let elapsed = Duration::from_nanos(engine.clock.now().nanos_since(began));
        let ingested = engine.wal.head().0 - head.0;
        let pause = pace::pause(Progress { elapsed, written, ingested }, engine.wal.occupancy());
        if !pause.is_zero() {
            engine.clock.sleep(pause);
        }
    })
}

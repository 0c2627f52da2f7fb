//! Seals a span of the ring, or partitions that ask for it before their span is due, into files.

use broker_log::checkpoint::PartitionChange;
use broker_log::seal::{self, SealPlan};
use broker_log::sealed::{SealedMeta, Spare};
use broker_log::{FileId, TailBatch};
use broker_wal::{Class, EntryKind};
use protocol_types::{LocalId, Lsn};

use super::seal_file::{self, FilledFile, Source, Written};
use super::sealer::{Sealer, WorkError, change};

/// Files written at a time: they wait for the disk together, and each holds a few buffers.
const FILES_AT_ONCE: usize = 8;

impl Sealer {
    /// Seals everything below `upto`: large partitions into files of their own, the rest into one.
    pub(super) fn seal_span(&mut self, upto: Lsn) -> Result<(), WorkError> {
        let partitions = self.hosted.all();
        let in_span = partitions.iter().map(|partition| {
            let state = partition.lock();
            (partition.local_id(), state.log.unsealed_bytes_below(upto))
        });
        let files = files(seal::plan(in_span));
        let mut changed = Vec::new();
        for some in files.chunks(FILES_AT_ONCE) {
            match self.seal_into_files(some, upto) {
                Ok(sealed) => changed.extend(sealed),
                Err(error) => {
                    // Readers go by what was sealed before it, so a checkpoint has to say it.
                    if !changed.is_empty() {
                        return self.commit(changed, self.covered).and(Err(error));
                    }
                    return Err(error);
                }
            }
        }
        self.commit(changed, upto)
    }

    /// Seals the partitions that `segment.bytes` or `segment.ms` ask for, into files as a span's.
    /// Gives way to a span: however many are due, the ring must not fill meanwhile.
    pub(super) fn seal_early(&mut self) -> Result<(), WorkError> {
        let now = self.storage.clock.wall();
        let durable = self.storage.wal.durable();
        let partitions = self.hosted.all();
        let due = partitions.iter().filter_map(|partition| {
            let config = partition.config();
            let state = partition.lock();
            let due = seal::early_due(&state.log, config.segment_bytes, config.segment_ms, now);
            due.then(|| (partition.local_id(), state.log.unsealed_bytes_below(durable)))
        });
        let files = files(seal::plan(due));
        for some in files.chunks(FILES_AT_ONCE) {
            if self.wake.is_stopped() || self.span_due().is_some() {
                break;
            }
            let changed = self.seal_into_files(some, durable)?;
            self.commit(changed, self.covered)?;
        }
        Ok(())
    }

    /// Writes files, each with the partitions of one entry of `files`, tells the ring, and switches
    /// readers over to them. On an error nobody was switched over.
    pub(super) fn seal_into_files(
        &mut self,
        files: &[Vec<LocalId>],
        upto: Lsn,
    ) -> Result<Vec<PartitionChange>, WorkError> {
        let mut filled = Vec::with_capacity(files.len());
        let mut passed = Vec::new();
        for locals in files {
            let (sources, dead): (Vec<Source>, Vec<Source>) =
                self.sources(locals, upto).into_iter().partition(|it| !it.batches.is_empty());
            for source in dead {
                passed.extend(seal_file::pass_over(&self.storage, &mut self.ring, source)?);
            }
            if sources.is_empty() {
                continue;
            }
            let spare = self.spare_for(&sources);
            let file = FileId(self.next_file);
            self.next_file += 1;
            filled.push(FilledFile::fill(
                &self.storage,
                &mut self.ring,
                &self.lanes,
                file,
                spare,
                sources,
            )?);
        }
        let finished = seal_file::finish_all(&self.storage, filled)?;
        let mut changed = self.switch_over(passed);
        for (meta, written) in finished {
            self.metrics.sealed_files.increment(1);
            self.metrics.sealed_bytes.increment(meta.len);
            self.append_sealed(&meta, upto);
            changed.extend(self.switch_over(written));
        }
        Ok(changed)
    }

    /// The space of a dead file for one of `sources`.
    fn spare_for(&mut self, sources: &[Source]) -> Option<Spare> {
        let batches = sources.iter().flat_map(|source| &source.batches);
        let len = batches.map(|batch| u64::from(batch.len)).sum();
        let spare = self.spares.take(len, |file| self.storage.files.is_read(file));
        self.metrics.files_reused.increment(spare.is_some().into());
        spare
    }

    fn sources(&self, locals: &[LocalId], upto: Lsn) -> Vec<Source> {
        let mut sources = Vec::with_capacity(locals.len());
        for partition in locals.iter().filter_map(|local| self.hosted.partition(*local)) {
            let state = partition.lock();
            let mut dead: Vec<TailBatch> = state.log.unsealed_below(upto).copied().collect();
            let Some(last) = dead.last() else { continue };
            let epochs = state.epochs_below(last.next());
            let producers = state.sealed_producers.clone();
            let dead_end = state.log.dead_end().unwrap_or_default();
            drop(state);
            let batches = dead.split_off(dead.partition_point(|batch| batch.next() <= dead_end));
            sources.push(Source { partition, dead, batches, epochs, producers });
        }
        sources
    }

    /// Tells the ring's readers of other machines, and whoever inspects it, that a file is complete.
    /// Without room for it the file counts all the same: the checkpoint says what is sealed, and to
    /// seal is what makes room.
    fn append_sealed(&self, meta: &SealedMeta, upto: Lsn) {
        let mut payload = Vec::with_capacity(32);
        for number in [meta.identity.file.0, meta.len, meta.directory_checksum, upto.0] {
            payload.extend_from_slice(&number.to_le_bytes());
        }
        let class = Class::Control;
        let told = self.storage.append_control(EntryKind::Sealed, LocalId(0), class, &payload);
        if let Err(full) = told {
            let file = meta.identity.file;
            tracing::warn!(%file, %full, "the ring is not told of a sealed file");
        }
    }

    fn switch_over(&mut self, written: Vec<Written>) -> Vec<PartitionChange> {
        let now = self.storage.clock.wall();
        let mut changed = Vec::with_capacity(written.len());
        for Written { partition, dead_end, segment, producers } in written {
            if let Some(segment) = segment {
                self.files.live(segment.file);
            }
            let mut state = partition.lock();
            if !state.hosted {
                // Deleted while it was written: the segment was born dead.
                self.graves.lock().dropped.segments.extend(segment);
                continue;
            }
            state.log.pass_dead(dead_end, now);
            let mut added = Vec::new();
            if let Some(segment) = segment {
                match state.log.seal_applied(segment, now) {
                    None => added.push(segment),
                    // Wholly below the log start by now: nobody will read it.
                    Some(dead) => self.graves.lock().dropped.segments.push(dead),
                }
            }
            state.sealed_producers = producers;
            changed.push(change(&partition, &mut state, &self.storage.wal, added));
        }
        changed
    }
}

/// The partitions of each file.
fn files(plan: SealPlan) -> Vec<Vec<LocalId>> {
    let own = plan.own.into_iter().map(|local| vec![local]);
    let pack = Some(plan.pack).filter(|pack| !pack.is_empty());
    own.chain(pack).collect()
}

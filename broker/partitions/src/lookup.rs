//! Lookups by time and epoch.
//!
//! Batches state their times and producers may lie, so a lookup reads batches until one holds what is
//! asked for. It blocks, on a reading thread, and plans again where data moved meanwhile.

use std::sync::Arc;

use broker_log::{Candidate, LoadedPage, PageRef, SegmentRef};
use protocol_types::{IsolationLevel, LeaderEpoch, Offset, Timestamp};

use crate::partition::Partition;
use crate::read::{LoadError, ReadRefusal, unless_dropped};
use crate::{DECODED_BYTES_MAX, Partitions, Storage};

/// A record found by its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundRecord {
    pub offset: Offset,
    pub timestamp: Timestamp,
    pub leader_epoch: Option<LeaderEpoch>,
}

impl Partitions {
    /// The first record whose timestamp is `target` or later, exact per record, among those a
    /// reader of `isolation` may see.
    ///
    /// # Errors
    /// When the data cannot be read.
    pub async fn find_timestamp(
        &self,
        partition: &Arc<Partition>,
        target: Timestamp,
        isolation: IsolationLevel,
    ) -> Result<Option<FoundRecord>, LoadError> {
        let (storage, partition) = (Arc::clone(&self.storage), Arc::clone(partition));
        let search = move || {
            let upto = partition.marks(&storage.wal).readable_end(isolation);
            let from = partition.lock().log.log_start();
            storage.find_timestamp(&partition, target, from, upto)
        };
        self.readers.run(search).await.unwrap_or(Err(LoadError::Stopping))
    }

    /// The time of the first record at `from` or behind it.
    ///
    /// # Errors
    /// When the data cannot be read.
    pub async fn timestamp_from(
        &self,
        partition: &Arc<Partition>,
        from: Offset,
    ) -> Result<Option<Timestamp>, LoadError> {
        let (storage, partition) = (Arc::clone(&self.storage), Arc::clone(partition));
        let search = move || {
            let upto = partition.marks(&storage.wal).high_watermark;
            let found = storage.find_timestamp(&partition, Timestamp(i64::MIN), from, upto)?;
            Ok(found.map(|record| record.timestamp))
        };
        self.readers.run(search).await.unwrap_or(Err(LoadError::Stopping))
    }

    /// The first record that carries the largest timestamp a reader may see (KIP-734): exact also
    /// where records were deleted, or a batch's header says more than its records.
    ///
    /// # Errors
    /// When the data cannot be read.
    pub async fn find_max_timestamp(
        &self,
        partition: &Arc<Partition>,
        isolation: IsolationLevel,
    ) -> Result<Option<FoundRecord>, LoadError> {
        let (storage, partition) = (Arc::clone(&self.storage), Arc::clone(partition));
        let search = move || {
            let upto = partition.marks(&storage.wal).readable_end(isolation);
            let mut loaded: Vec<LoadedPage> = Vec::new();
            let newest = loop {
                let newest = partition.lock().log.newest_timestamp(upto, &loaded);
                match newest {
                    Ok(newest) => break newest,
                    Err(page) => loaded.push((page, storage.page(&partition, &page)?)),
                }
            };
            let Some((target, place)) = newest else { return Ok(None) };
            let base = match place {
                Candidate::Paged { page, .. } => page.base,
                Candidate::Sealed { segment, .. } => segment.base,
                Candidate::Ring { base, .. } => base,
            };
            // Records below the log start are gone, wherever their batch begins.
            let from = base.max(partition.lock().log.log_start());
            match storage.find_timestamp(&partition, target, from, upto)? {
                Some(found) => Ok(Some(found)),
                None => storage.bisect_max_timestamp(&partition, target, upto),
            }
        };
        self.readers.run(search).await.unwrap_or(Err(LoadError::Stopping))
    }

    /// The epoch in which `offset` was appended, as far as it is known.
    #[must_use]
    pub fn epoch_of(&self, partition: &Partition, offset: Offset) -> Option<LeaderEpoch> {
        partition.lock().log.epoch_of(offset)
    }

    /// The largest epoch up to `asked` and the offset where it ends (KIP-320); `None` if that is
    /// undefined.
    ///
    /// # Errors
    /// When the reader's own epoch is wrong.
    pub fn end_offset_for(
        &self,
        partition: &Partition,
        current: Option<LeaderEpoch>,
        asked: LeaderEpoch,
    ) -> Result<Option<(LeaderEpoch, Offset)>, ReadRefusal> {
        self.check_epoch(partition, current)?;
        Ok(partition.lock().log.end_offset_for(asked, partition.leader_epoch()))
    }
}

impl Storage {
    /// The record with the largest timestamp, where the batch that states the largest has none at
    /// or above `beyond`: what is left of it lies above the log start. Blocks; each of at most 63
    /// steps is a lookup by time, which reads few batches.
    fn bisect_max_timestamp(
        &self,
        partition: &Partition,
        beyond: Timestamp,
        upto: Offset,
    ) -> Result<Option<FoundRecord>, LoadError> {
        let from = partition.lock().log.log_start();
        let (mut newest, mut low, mut high) = (None, 0, beyond.0);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.find_timestamp(partition, Timestamp(middle), from, upto)? {
                None => high = middle,
                Some(found) => {
                    // A record may state any time, whatever its batch's header says.
                    low = found.timestamp.0.saturating_add(1);
                    newest = Some(found);
                }
            }
        }
        Ok(newest)
    }

    /// Blocks: reads each batch that may hold the record until one does. [`LoadError::Moved`] means
    /// that the topic was deleted.
    fn find_timestamp(
        &self,
        partition: &Partition,
        target: Timestamp,
        mut from: Offset,
        upto: Offset,
    ) -> Result<Option<FoundRecord>, LoadError> {
        loop {
            let state = partition.lock();
            if !state.hosted {
                // Nothing seals what is left of its tail: the ring would be asked for it for ever.
                return Err(LoadError::Moved);
            }
            from = from.max(state.log.log_start());
            let candidate = state.log.timestamp_candidate(target, from, upto);
            drop(state);
            let Some(candidate) = candidate else { return Ok(None) };
            let found = match self.find_in(partition, &candidate, target, from, upto) {
                Ok(found) => found,
                // Sealed meanwhile, so that it is in a file by now, or dropped.
                Err(LoadError::Moved) => continue,
                Err(error) => return Err(error),
            };
            if let Some((offset, timestamp)) = found {
                let leader_epoch = partition.lock().log.epoch_of(offset);
                return Ok(Some(FoundRecord { offset, timestamp, leader_epoch }));
            }
            let next = candidate.next();
            assert!(next > from || next >= upto, "a lookup goes forward");
            from = next;
        }
    }

    /// As [`Self::find_timestamp`], in one place. Blocks.
    fn find_in(
        &self,
        partition: &Partition,
        place: &Candidate,
        target: Timestamp,
        from: Offset,
        upto: Offset,
    ) -> Result<Option<(Offset, Timestamp)>, LoadError> {
        match place {
            Candidate::Paged { page, .. } => self.find_in_page(partition, page, target, from, upto),
            Candidate::Sealed { segment, .. } => {
                self.find_in_segment(partition, segment, target, from, upto)
            }
            Candidate::Ring { part, .. } => {
                Ok(in_batch(&self.ring_batch(*part)?, target, from, upto))
            }
        }
    }

    /// As [`Self::find_timestamp`], among the segments of one page. Blocks.
    fn find_in_page(
        &self,
        partition: &Partition,
        page: &PageRef,
        target: Timestamp,
        from: Offset,
        upto: Offset,
    ) -> Result<Option<(Offset, Timestamp)>, LoadError> {
        for segment in self.page(partition, page)?.iter() {
            if segment.end > from && segment.base < upto && segment.max_timestamp >= target {
                let found = self.find_in_segment(partition, segment, target, from, upto)?;
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }

    /// As [`Self::find_timestamp`], in one segment. Blocks.
    fn find_in_segment(
        &self,
        partition: &Partition,
        segment: &SegmentRef,
        target: Timestamp,
        from: Offset,
        upto: Offset,
    ) -> Result<Option<(Offset, Timestamp)>, LoadError> {
        let found = self.files.find_timestamp(segment, target, from, upto);
        found.map_err(|error| unless_dropped(partition, segment.end, error))
    }
}

/// The first record of `batch` at or after `from` and below `upto` with `target` or a later time.
fn in_batch(
    batch: &[u8],
    target: Timestamp,
    from: Offset,
    upto: Offset,
) -> Option<(Offset, Timestamp)> {
    let view = protocol_records::BatchView::parse(batch).ok()?;
    // A batch whose records cannot be read was accepted as it is; it holds nothing to find.
    let found = protocol_records::find_timestamp(&view, target, from, DECODED_BYTES_MAX);
    found.ok().flatten().filter(|(offset, _)| *offset < upto)
}

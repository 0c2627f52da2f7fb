//! The sealer's dealings with pages, in which partitions list their older segments.
//!
//! The start reads none of them. Which sealed files they name is counted here, on the sealer's own
//! thread, before anything is removed; what a log start killed within a page is found out here too,
//! because nobody may read a file under a partition's lock.

use std::sync::Arc;

use broker_log::{Dropped, LoadedPage, PageRef, SegmentRef};
use protocol_types::LocalId;

use super::file_use::remove_orphans;
use super::sealer::{Sealer, WorkError};

impl Sealer {
    /// Counts the live segments that stand in pages, then removes files that no segment names. If a
    /// page cannot be read, no file is removed until the next start.
    pub(super) fn count_pages(&mut self) -> Result<(), WorkError> {
        let uncounted = std::mem::take(&mut self.uncounted);
        if uncounted.is_empty() {
            return Ok(());
        }
        for rest in &uncounted {
            match self.storage.pages.load(&rest.page) {
                Ok(segments) => rest.of(&segments).for_each(|live| self.files.live(live.file)),
                Err(error) => {
                    self.files.keep_all();
                    self.metrics.seal_errors.increment(1);
                    tracing::error!(%error, "no sealed file is removed: which ones are in use is not known");
                }
            }
        }
        remove_orphans(&self.storage, &self.files, self.next_file).map_err(WorkError::Orphans)
    }

    /// Hands the segments that log starts killed within a page to the graves.
    pub(super) fn settle(&self) {
        for partition in self.hosted.all() {
            let Some(page) = partition.lock().log.unsettled() else { continue };
            let Some(segments) = self.load(&page) else { continue };
            // Under the lock, as all who bury do.
            let mut state = partition.lock();
            let dead = state.log.settle(&page, &segments);
            self.graves.lock().dropped.segments.extend(dead);
        }
    }

    /// Reads the pages among what has died. Their files go with the next base.
    pub(super) fn list_dead(&self, dropped: &mut Dropped) {
        for rest in std::mem::take(&mut dropped.pages) {
            if let Some(segments) = self.load(&rest.page) {
                dropped.segments.extend(rest.of(&segments));
            }
        }
    }

    /// The page with its segments, for a plan that asked for it; with none if it cannot be read.
    pub(super) fn look(&self, page: PageRef) -> LoadedPage {
        (page, self.load(&page).unwrap_or_default())
    }

    /// Lets partitions go by the pages that a new base has.
    pub(super) fn adopt(&self, pages: Vec<(LocalId, PageRef)>) {
        for (local, page) in pages {
            if let Some(partition) = self.hosted.partition(local) {
                partition.lock().log.adopt_page(page);
            }
        }
    }

    /// A page that cannot be read keeps its sealed files until the next start, which finds that
    /// nothing names them.
    fn load(&self, page: &PageRef) -> Option<Arc<[SegmentRef]>> {
        let loaded = self.storage.pages.load(page);
        let failed = |error| {
            self.metrics.seal_errors.increment(1);
            tracing::error!(%error, "a page of segments cannot be read");
        };
        loaded.map_err(failed).ok()
    }
}

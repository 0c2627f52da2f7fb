//! Gives dead bytes back to the file system, or to the files to come, once no checkpoint names them.

use broker_log::{SegmentRef, sealed};

use super::file_use::Reclaimable;
use super::sealer::{Sealer, WorkError};

impl Sealer {
    /// Punches dead segments out of their files and lays files without live ones by, or removes them. Goes on
    /// after a failure and reports the first: what was missed is an orphan, removed at the next start.
    pub(super) fn reclaim(&mut self, dead: Vec<SegmentRef>) -> Result<(), WorkError> {
        let mut first_failure = None;
        let mut note = |file, done: std::io::Result<()>| {
            if let Err(source) = done {
                first_failure.get_or_insert(WorkError::Reclaim { file, source });
            }
        };
        let now = self.storage.clock.now();
        let (disk, dir) = (&*self.storage.disk, &self.storage.segments_dir);
        let Reclaimable { files, ranges } = self.files.dead(dead);
        for file in files {
            let gone = if self.upkeep.spare.is_zero() {
                sealed::remove(disk, dir, file)
            } else {
                self.spares.keep(file, now)
            };
            note(file, gone);
            // Afterwards: before it, a reader could open the file again.
            self.storage.files.forget(file);
        }
        for (file, range) in ranges {
            note(file, sealed::reclaim(disk, dir, file, range));
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        self.metrics.files.set(self.files.len() as f64);
        first_failure.map_or(Ok(()), Err)
    }

    /// Removes dead files whose space nobody took over in time.
    pub(super) fn release_spares(&mut self) -> Result<(), WorkError> {
        let released = self.spares.release(self.storage.clock.now(), self.upkeep.spare);
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        self.metrics.spare_bytes.set(self.spares.bytes() as f64);
        released.map_err(WorkError::Spares)
    }
}

//! Gives dead bytes back to the file system, once no checkpoint names them.

use broker_log::{SegmentRef, sealed};

use super::file_use::Reclaimable;
use super::sealer::{Sealer, WorkError};

impl Sealer {
    /// Punches dead segments out of their files and removes files without live ones. Goes on after
    /// a failure and reports the first: what was missed is an orphan, removed at the next start.
    pub(super) fn reclaim(&mut self, dead: Vec<SegmentRef>) -> Result<(), WorkError> {
        let mut first_failure = None;
        let mut note = |file, done: std::io::Result<()>| {
            if let Err(source) = done {
                first_failure.get_or_insert(WorkError::Reclaim { file, source });
            }
        };
        let (disk, dir) = (&*self.storage.disk, &self.storage.segments_dir);
        let Reclaimable { files, ranges } = self.files.dead(dead);
        for file in files {
            note(file, sealed::remove(disk, dir, file));
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
}

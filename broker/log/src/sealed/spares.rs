//! Dead files that wait for a new one to take over their space.
//!
//! Blocks that were written before are written again faster than blocks that the file system has to find first, and a
//! file that is removed may hold the disk up for as long as that discards what the file had (docs/adr/0009). So a file
//! whose last segment has died stays for a while, under a name that no reader opens, and the next file of about its
//! length becomes of it. Whoever still reads it is waited for: its bytes do not change before they are done.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use broker_env::disk::{Disk, DiskFile, Open};
use protocol_types::Instant;

use super::path_of;
use crate::FileId;

#[cfg(test)]
mod tests;

const SUFFIX: &str = ".spare";
/// Who needs less than this part of a spare leaves it to longer files: the rest of it would be cut off and lost.
const PART_MIN: u64 = 2;
/// How often some of those go that have waited long enough. A disk that discards what they held does nothing else
/// meanwhile, for 20 ms and more: seldom enough that one in a hundred requests does not notice.
const REMOVED_EVERY: Duration = Duration::from_secs(5);
/// What goes then, in bytes, or as a part of all that wait: hundreds of gigabytes are gone within half an hour.
const REMOVED_AT_ONCE: u64 = 128 << 20;
const REMOVED_PART: u64 = 60;

/// See the module documentation.
#[derive(Debug)]
pub struct Spares {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// Oldest first.
    waiting: VecDeque<Waiting>,
    bytes: u64,
    /// When some went that had waited long enough.
    removed: Option<Instant>,
}

#[derive(Debug)]
struct Waiting {
    file: FileId,
    len: u64,
    since: Instant,
}

/// The space of a dead file that nobody reads.
#[derive(Debug)]
pub struct Spare {
    path: PathBuf,
    len: u64,
}

impl Spares {
    /// None yet, of the sealed files in `dir`.
    #[must_use]
    pub const fn new(disk: Arc<dyn Disk>, dir: PathBuf) -> Self {
        Self { disk, dir, waiting: VecDeque::new(), bytes: 0, removed: None }
    }

    /// Bytes of all files that wait.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes a file whose last segment has died, once no checkpoint names it. From `now` on no reader can open it;
    /// the caller closes it where it is cached.
    ///
    /// # Errors
    /// When the file system fails; a file that is not there is no error.
    pub fn keep(&mut self, file: FileId, now: Instant) -> io::Result<()> {
        let path = path_of(&self.dir, file);
        let len = match self.disk.open(&path, Open::read()).and_then(|file| file.len()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            len => len?,
        };
        self.disk.rename(&path, &spare_path(&self.dir, file))?;
        self.waiting.push_back(Waiting { file, len, since: now });
        self.bytes += len;
        Ok(())
    }

    /// The one that suits a file of `len` bytes best: the shortest that holds it, or the longest of the shorter ones.
    /// Those that `is_read` says somebody has open are passed over.
    pub fn take(&mut self, len: u64, is_read: impl Fn(FileId) -> bool) -> Option<Spare> {
        let suits = |(at, waiting): (usize, &Waiting)| {
            let fitness = (waiting.len >= len, waiting.len.abs_diff(len));
            let is_too_long = waiting.len / PART_MIN > len;
            (!is_too_long && !is_read(waiting.file)).then_some((at, fitness))
        };
        let candidates = self.waiting.iter().enumerate().filter_map(suits);
        let best = candidates.min_by_key(|&(_, (holds, off))| (!holds, off));
        let taken = self.waiting.remove(best?.0)?;
        self.bytes -= taken.len;
        Some(Spare { path: spare_path(&self.dir, taken.file), len: taken.len })
    }

    /// Removes of those that have waited for `delay` the oldest, a few at a time so that nobody waits long for the
    /// disk; and whatever is more than what is free beside them: nobody lacks space because of a spare.
    ///
    /// # Errors
    /// When the file system fails; the file it failed with goes at the next start.
    pub fn release(&mut self, now: Instant, delay: Duration) -> io::Result<()> {
        let rests = |since| Duration::from_nanos(now.nanos_since(since)) < REMOVED_EVERY;
        let at_once = REMOVED_AT_ONCE.max(self.bytes / REMOVED_PART);
        let mut left = if self.removed.is_some_and(rests) { 0 } else { at_once };
        while let Some(oldest) = self.waiting.front() {
            let waited = Duration::from_nanos(now.nanos_since(oldest.since));
            let is_due = waited >= delay && left > 0;
            if !is_due && self.bytes <= self.disk.free_bytes(&self.dir)? {
                break;
            }
            if is_due {
                left = left.saturating_sub(oldest.len);
                self.removed = Some(now);
            }
            self.bytes -= oldest.len;
            let path = spare_path(&self.dir, oldest.file);
            self.waiting.pop_front();
            self.disk.remove_file(&path)?;
        }
        Ok(())
    }
}

impl Spare {
    /// Makes it the file at `path`, with its old bytes in it, and opens it.
    ///
    /// # Errors
    /// When something is at `path`, or the file system fails.
    pub(super) fn become_file(self, disk: &dyn Disk, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        if disk.exists(path)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        disk.rename(&self.path, path)?;
        disk.open(path, Open::update().direct())
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }
}

/// Removes what an earlier run left waiting.
///
/// # Errors
/// When the file system fails.
pub fn remove_spares(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    let spares = disk.list(dir)?.into_iter().filter(|entry| entry.name.ends_with(SUFFIX));
    spares.map(|entry| dir.join(entry.name)).try_for_each(|path| disk.remove_file(&path))
}

fn spare_path(dir: &Path, file: FileId) -> PathBuf {
    dir.join(format!("{file}{SUFFIX}"))
}

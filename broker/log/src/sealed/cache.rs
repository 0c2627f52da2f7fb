//! A bounded cache of open files and batch maps; the way to read sealed segments.
//!
//! Bounded twice: by open files and by bytes of directories and maps. A file that is dropped from
//! the cache while it is read stays open until that read ends.

use std::hash::Hash;
use std::path::PathBuf;
use std::sync::Arc;

use broker_env::disk::Disk;
use protocol_records::{BatchView, find_timestamp};
use protocol_types::{Offset, Timestamp};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::{FileId, ReadLimits, SealedPart, SegmentRef};

use super::buffers::BufferPool;
use super::open_files::OpenFiles;
use super::read_ahead::ReadAhead;
use super::{BatchMap, ReadError, SealedFile, SealedRead, SectionEntry};

#[cfg(test)]
mod tests;

/// What a batch may grow to when its records are looked at.
const DECODED_BYTES_MAX: usize = 64 << 20;

/// What the cache may hold.
#[derive(Clone, Copy, Debug)]
pub struct CacheLimits {
    /// Open files.
    pub files: usize,
    /// Bytes of directories and batch maps.
    pub index_bytes: u64,
    /// Bytes of read buffers kept for reuse.
    pub buffer_bytes: usize,
    /// Bytes that are read ahead of readers who go through a file; 0 for none.
    pub ahead_bytes: u64,
}

/// See the module documentation.
#[derive(Debug)]
pub struct FileCache {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    files: Cache<FileId, Arc<SealedFile>, FileWeight>,
    maps: Cache<(FileId, u32), Arc<BatchMap>, MapWeight>,
    ahead: Arc<ReadAhead>,
    open: Arc<OpenFiles>,
}

/// Bytes of directory and section table, but so many that the limit of files holds too.
#[derive(Clone, Debug)]
struct FileWeight {
    least: u64,
}

impl Weighter<FileId, Arc<SealedFile>> for FileWeight {
    fn weight(&self, _: &FileId, file: &Arc<SealedFile>) -> u64 {
        let directory =
            size_of_val(file.directory()) + size_of_val::<[SectionEntry]>(file.sections());
        (directory as u64).max(self.least)
    }
}

#[derive(Clone, Debug)]
struct MapWeight;

impl Weighter<(FileId, u32), Arc<BatchMap>> for MapWeight {
    fn weight(&self, _: &(FileId, u32), map: &Arc<BatchMap>) -> u64 {
        map.size() as u64 + 64
    }
}

/// A shard would refuse what is larger than itself: a large file's map must fit.
fn unsharded<K: Eq + Hash, V: Clone, W: Weighter<K, V> + Clone>(
    items: usize,
    bytes: u64,
    weighter: W,
) -> Cache<K, V, W> {
    let mut options = OptionsBuilder::new();
    options.shards(1).estimated_items_capacity(items).weight_capacity(bytes);
    let Ok(options) = options.build() else { unreachable!("both capacities are given") };
    Cache::with_options(
        options,
        weighter,
        DefaultHashBuilder::default(),
        DefaultLifecycle::default(),
    )
}

impl FileCache {
    /// Half of the index bytes are for directories, half for batch maps.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, dir: PathBuf, limits: CacheLimits) -> Self {
        let half = (limits.index_bytes / 2).max(1);
        let weight = FileWeight { least: (half / limits.files.max(1) as u64).max(1) };
        Self {
            disk,
            dir,
            files: unsharded(limits.files, half, weight),
            maps: unsharded(limits.files.saturating_mul(4), half, MapWeight),
            ahead: ReadAhead::new(BufferPool::new(limits.buffer_bytes), limits.ahead_bytes),
            open: Arc::default(),
        }
    }

    /// Reads whole batches from the one that holds `part.from` on, under the rules of `limits`.
    /// Blocks.
    ///
    /// # Errors
    /// When the file cannot be read or is corrupt; no byte of it is returned then.
    pub fn read(&self, part: &SealedPart, limits: ReadLimits) -> Result<SealedRead, ReadError> {
        let (file, map) = self.open(&part.segment)?;
        file.read(&map, &part.segment, part.from, limits)
    }

    /// The first record at or after `from` and below `upto` whose timestamp is at least `target`.
    /// Exact per record (trap 60); a batch that cannot be decoded holds none. Blocks.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn find_timestamp(
        &self,
        segment: &SegmentRef,
        target: Timestamp,
        from: Offset,
        upto: Offset,
    ) -> Result<Option<(Offset, Timestamp)>, ReadError> {
        let (file, map) = self.open(segment)?;
        let mut at = map.find(from);
        while let Some(candidate) = map.find_timestamp(at, target) {
            let Some(span) = map.get(candidate).filter(|span| span.next() <= upto) else { break };
            let one = ReadLimits { bytes_max: 0, upto, at_least_one: true };
            let batch = file.read(&map, segment, span.base, one)?.bytes;
            let found = BatchView::parse(&batch).ok().and_then(|view| {
                find_timestamp(&view, target, from, DECODED_BYTES_MAX).unwrap_or_default()
            });
            if found.is_some() {
                return Ok(found);
            }
            at = candidate + 1;
        }
        Ok(None)
    }

    /// Closes a file that was removed: before that, a reader could open it again, and it would keep
    /// its bytes on disk. One that is being opened now gets no place here. Reads under way end as
    /// they would have.
    pub fn forget(&self, file: FileId) {
        if let Some((_, open)) = self.files.remove(&file) {
            (0..).zip(open.directory()).for_each(|(index, _)| {
                self.maps.remove(&(file, index));
            });
        }
    }

    /// Whether somebody has `file` open, be it for a read that began before [`Self::forget`].
    #[must_use]
    pub fn is_read(&self, file: FileId) -> bool {
        self.open.is_open(file)
    }

    /// How many pieces were not read ahead because as much as may wait for its readers was waiting.
    #[must_use]
    pub fn not_read_ahead(&self) -> u64 {
        self.ahead.refused()
    }

    /// How many files are open now.
    #[must_use]
    pub fn open_files(&self) -> usize {
        self.files.len()
    }

    fn open(&self, segment: &SegmentRef) -> Result<(Arc<SealedFile>, Arc<BatchMap>), ReadError> {
        let id = segment.file;
        let file = self.files.get_or_insert_with(&id, || {
            let ahead = Arc::clone(&self.ahead);
            let mark = Some(self.open.mark(id));
            SealedFile::open_with(self.disk.as_ref(), &self.dir, id, ahead, mark).map(Arc::new)
        })?;
        file.check_ref(segment)?;
        let key = (id, segment.index);
        let map =
            self.maps.get_or_insert_with(&key, || file.batch_map(segment.index).map(Arc::new))?;
        Ok((file, map))
    }
}

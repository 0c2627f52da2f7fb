//! Reads pages of segments through a bounded cache; shared by all who may block.
//!
//! A page is only believed if its bytes have the checksum that its reference has, so that a torn
//! or foreign page is an error that names the file, and never a wrong segment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker_env::disk::{Disk, Open};
use protocol_types::to_usize;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::{PageRef, SegmentRef};

use super::CheckpointError;
use super::page_file::{decode_page, page_len, pages_name};
use super::store::io;

#[cfg(test)]
mod tests;

/// See the module documentation.
#[derive(Debug)]
pub struct PageCache {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    pages: Cache<(u64, u64), Arc<[SegmentRef]>, PageWeight>,
}

#[derive(Clone, Debug)]
struct PageWeight;

impl Weighter<(u64, u64), Arc<[SegmentRef]>> for PageWeight {
    fn weight(&self, _: &(u64, u64), page: &Arc<[SegmentRef]>) -> u64 {
        size_of_val::<[SegmentRef]>(page) as u64 + 64
    }
}

impl PageCache {
    /// A cache of the pages in `dir` that holds up to `bytes` of them.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, dir: PathBuf, bytes: u64) -> Self {
        let expected = to_usize(bytes / page_len(crate::PAGE_SEGMENTS)).max(1);
        Self { disk, dir, pages: Cache::with_weighter(expected, bytes, PageWeight) }
    }

    /// The segments of `page`. Blocks.
    ///
    /// # Errors
    /// When the page cannot be read or is not the one that was written.
    pub fn load(&self, page: &PageRef) -> Result<Arc<[SegmentRef]>, CheckpointError> {
        let load = || read_page(self.disk.as_ref(), &self.dir, page).map(Into::into);
        self.pages.get_or_insert_with(&(page.file, page.at), load)
    }

    /// Bytes of pages held now.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.pages.weight()
    }
}

/// The segments of `page`, read from its file and checked.
pub(super) fn read_page(
    disk: &dyn Disk,
    dir: &Path,
    page: &PageRef,
) -> Result<Vec<SegmentRef>, CheckpointError> {
    let name = pages_name(page.file);
    let len = page_len(to_usize(page.count.into()));
    let file = disk.open(&dir.join(&name), Open::read()).map_err(io("open a file of pages"))?;
    let whole = page.at.checked_add(len).is_some_and(|end| file.len().is_ok_and(|len| end <= len));
    let corrupt = |what| CheckpointError::Corrupt { name: name.clone(), at: page.at, what };
    if !whole {
        return Err(corrupt("the page is not whole"));
    }
    let mut bytes = vec![0; to_usize(len)];
    file.read_exact_at(&mut bytes, page.at).map_err(io("read a page"))?;
    decode_page(&bytes, page).map_err(corrupt)
}

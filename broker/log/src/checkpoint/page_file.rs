//! The byte layout of files of pages: `docs/formats/checkpoint.md`.

use crate::codec::{Decoder, Encode, checksum};
use crate::{PageRef, SegmentRef};

const PAGES: &str = "pages-";
const FILE_MAGIC: &[u8; 8] = b"RTCKPAGE";
const MAJOR: u16 = 1;
const MINOR: u16 = 0;
/// A page and the list in it: magic, count.
const PAGE_MAGIC: &[u8; 4] = b"PAGE";
const PAGE_HEAD_LEN: u64 = 8;
const SEGMENT_LEN: u64 = 60;

/// Bytes of a page with so many segments.
pub(super) const fn page_len(segments: usize) -> u64 {
    PAGE_HEAD_LEN + SEGMENT_LEN * segments as u64
}

/// The name of the file of pages with this number.
pub(super) fn pages_name(number: u64) -> String {
    format!("{PAGES}{number:016x}")
}

/// The number of the file of pages with this name.
pub(super) fn pages_number(name: &str) -> Option<u64> {
    let number = name.strip_prefix(PAGES).filter(|number| number.len() == 16)?;
    u64::from_str_radix(number, 16).ok()
}

/// A file of pages that is being filled.
pub(super) struct PageFile {
    number: u64,
    bytes: Vec<u8>,
    pages: u64,
}

impl PageFile {
    pub(super) fn new(number: u64) -> Self {
        let mut bytes = Vec::new();
        bytes.put(FILE_MAGIC);
        bytes.put_u16(MAJOR);
        bytes.put_u16(MINOR);
        bytes.put_u16(MAJOR);
        bytes.put_u16(0);
        bytes.put_u64(number);
        bytes.put_u64(checksum(&bytes));
        Self { number, bytes, pages: 0 }
    }

    /// Adds a page; `None` if there are no segments to add.
    pub(super) fn add(&mut self, segments: &[SegmentRef]) -> Option<PageRef> {
        let at = self.bytes.len();
        self.bytes.put(PAGE_MAGIC);
        self.bytes.put_list(segments, Encode::put_segment);
        let sum = checksum(self.bytes.get(at..).unwrap_or_default());
        let page = PageRef::over(segments, self.number, at as u64, sum)?;
        debug_assert_eq!((self.bytes.len() - at) as u64, page_len(segments.len()));
        self.pages += 1;
        Some(page)
    }

    /// The file's bytes; `None` if it has no pages.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        (self.pages > 0).then_some(self.bytes)
    }
}

/// The segments of `page`, given its bytes.
pub(super) fn decode_page(bytes: &[u8], page: &PageRef) -> Result<Vec<SegmentRef>, &'static str> {
    if checksum(bytes) != page.checksum {
        return Err("page checksum mismatch");
    }
    let segments = || {
        let mut fields = Decoder(bytes);
        (fields.array()? == *PAGE_MAGIC).then_some(())?;
        fields.only_list(|fields| fields.segment())
    };
    let segments = segments().ok_or("page is malformed")?;
    // What the reference says was derived from the segments: it must come out again.
    if PageRef::over(&segments, page.file, page.at, page.checksum) != Some(*page) {
        return Err("page is not what its reference says");
    }
    Ok(segments)
}

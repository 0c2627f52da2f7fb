//! Reading everything, for `ringtide log verify`.

use crate::ReadLimits;
use crate::codec::Checksum;
use crate::sealed::{ReadError, SealedFile};

/// Bytes per read while a file is verified.
const WINDOW: u64 = 1 << 20;

impl SealedFile {
    /// Reads a whole segment: every batch, and the checksum over all of them.
    ///
    /// # Errors
    /// When it cannot be read or is corrupt.
    pub fn verify_segment(&self, index: u32) -> Result<(), ReadError> {
        let map = self.batch_map(index)?;
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let Some(entry) = self.directory.get(at) else { return Ok(()) };
        let segment = entry.segment_ref(&self.identity, index);
        let window = ReadLimits { bytes_max: WINDOW, upto: entry.end, at_least_one: true };
        let (mut from, mut sum) = (entry.base, Checksum::new());
        while from < entry.end {
            let read = self.read(&map, &segment, from, window)?;
            assert!(read.next > from, "at least one batch is read");
            sum.update(&read.bytes);
            from = read.next;
        }
        if sum.finish() == entry.checksum {
            return Ok(());
        }
        Err(self.corrupt(Some(index), entry.at, "segment checksum mismatch"))
    }

    /// Reads every section against its checksum, also those of unknown kinds.
    ///
    /// # Errors
    /// With the first one that cannot be read or is corrupt.
    pub fn verify_sections(&self) -> Result<(), ReadError> {
        self.sections.iter().try_for_each(|section| self.section_bytes(section).map(|_| ()))
    }
}

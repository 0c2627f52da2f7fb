//! Observers see every record once while it is sealed: sidecars, extractors.

use protocol_records::DecodedBatch;

use super::{SectionKind, SegmentHead};

/// What an observer adds to the file's footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedSection {
    pub kind: SectionKind,
    pub bytes: Vec<u8>,
}

/// Looks at the records of each segment. Batches are decoded once for all observers; a batch that
/// cannot be decoded (producers may write anything) is not shown.
pub trait SegmentObserver: Send {
    fn begin(&mut self, segment: &SegmentHead);
    fn batch(&mut self, batch: &DecodedBatch<'_>);
    /// Ends the segment.
    fn end(&mut self) -> Option<ObservedSection>;
}

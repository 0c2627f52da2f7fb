//! Observers see every record once while it is sealed: sidecars, extractors.

use protocol_records::{BatchView, DecodedBatch};

use super::{SectionKind, SegmentHead};

/// What a batch may grow to when it is decoded for observers; larger ones are not shown.
const DECODED_BYTES_MAX: usize = 64 << 20;

/// What an observer adds to the file's footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedSection {
    /// [`SectionKind::FIRST_OBSERVED`] or above.
    pub kind: SectionKind,
    pub bytes: Vec<u8>,
}

/// Looks at the records of each segment. Batches are decoded once for all observers; a batch that
/// cannot be decompressed (producers may write anything) is reported without its records, and
/// records may turn out malformed while they are walked. Sealing never fails because of an observer.
pub trait SegmentObserver: Send {
    fn begin(&mut self, segment: &SegmentHead);
    fn batch(&mut self, batch: &DecodedBatch<'_>);
    fn undecodable(&mut self, batch: &BatchView<'_>);
    /// Ends the segment.
    fn end(&mut self) -> Option<ObservedSection>;
}

/// All observers of a file.
#[derive(Default)]
pub(super) struct Observers(Vec<Box<dyn SegmentObserver>>);

impl Observers {
    pub(super) fn add(&mut self, observer: Box<dyn SegmentObserver>) {
        self.0.push(observer);
    }

    pub(super) fn begin(&mut self, segment: &SegmentHead) {
        self.0.iter_mut().for_each(|observer| observer.begin(segment));
    }

    pub(super) fn batch(&mut self, batch: &BatchView<'_>) {
        if self.0.is_empty() {
            return;
        }
        match batch.decode(DECODED_BYTES_MAX) {
            Ok(decoded) => self.0.iter_mut().for_each(|observer| observer.batch(&decoded)),
            Err(_) => self.0.iter_mut().for_each(|observer| observer.undecodable(batch)),
        }
    }

    pub(super) fn end(&mut self) -> Vec<ObservedSection> {
        let sections: Vec<ObservedSection> =
            self.0.iter_mut().filter_map(|observer| observer.end()).collect();
        let own = |section: &ObservedSection| section.kind >= SectionKind::FIRST_OBSERVED;
        assert!(sections.iter().all(own), "observers keep to their numbers");
        sections
    }
}

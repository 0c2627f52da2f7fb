//! Where the bytes of a read or a lookup are.

use protocol_types::{Offset, Timestamp};

use crate::read_plan::SEALED_PARTS_MAX;
use crate::{
    Candidate, LoadedPage, OutOfRange, PageRef, PagedPart, PartitionLog, ReadLimits, ReadPlan,
    SealedPart, SegmentRef,
};

impl PartitionLog {
    /// Fills `plan` with where the batches from the one that holds `from` on are; a batch is read
    /// whole also if `from` lies within it (trap 48).
    ///
    /// # Errors
    /// When `from` is below the log start or above the log end (trap 50).
    pub fn plan_read(
        &self,
        from: Offset,
        limits: ReadLimits,
        plan: &mut ReadPlan,
    ) -> Result<(), OutOfRange> {
        plan.clear();
        let (log_start, log_end) = (self.log_start(), self.log_end());
        if from < log_start || from > log_end {
            return Err(OutOfRange { asked: from, log_start, log_end });
        }
        // Without a byte to spare, a part would be opened and loaded for nothing.
        if from >= limits.upto || (limits.bytes_max == 0 && !limits.at_least_one) {
            return Ok(());
        }
        if let Some(&page) = self.segments().page_from(from) {
            // What is behind the page's end is for the next read.
            plan.page = Some(PagedPart { page, from });
        } else if self.plan_sealed(from, limits, plan) {
            self.plan_ring(from, limits, plan);
        }
        Ok(())
    }

    /// Whether the plan may go on in the ring.
    fn plan_sealed(&self, from: Offset, limits: ReadLimits, plan: &mut ReadPlan) -> bool {
        let mut certain = 0;
        for &segment in self.segments().resident_from(from).take_while(|s| s.base < limits.upto) {
            if plan.sealed.len() == SEALED_PARTS_MAX
                || (!plan.sealed.is_empty() && certain >= limits.bytes_max)
            {
                return false;
            }
            // What a read from within the segment yields is not known before its map is open.
            if segment.base >= from {
                certain += segment.len;
            }
            plan.sealed.push(SealedPart { segment, from: from.max(segment.base) });
        }
        plan.sealed.is_empty() || certain < limits.bytes_max
    }

    fn plan_ring(&self, from: Offset, limits: ReadLimits, plan: &mut ReadPlan) {
        let tail = self.tail();
        let readable = tail.iter_from(tail.find(from));
        for batch in readable.take_while(|batch| batch.next() <= limits.upto) {
            assert!(!batch.is_staged(), "no mark lies beyond a batch that has no place");
            let bytes = plan.ring_bytes + u64::from(batch.len);
            let must = limits.at_least_one && plan.is_empty();
            if bytes > limits.bytes_max && !must {
                break;
            }
            plan.ring.push(batch.part());
            plan.ring_bytes = bytes;
        }
    }

    /// Where to look first for a record at or after `from` and below `upto` whose timestamp is
    /// `target` or more (trap 60).
    #[must_use]
    pub fn timestamp_candidate(
        &self,
        target: Timestamp,
        from: Offset,
        upto: Offset,
    ) -> Option<Candidate> {
        let from = from.max(self.log_start());
        let mut pages = self.segments().pages_from(from).take_while(|page| page.base < upto);
        if let Some(&page) = pages.find(|page| page.max_timestamp >= target) {
            return Some(Candidate::Paged { page, next: page.end });
        }
        let mut segments = self.segments().resident_from(from).take_while(|s| s.base < upto);
        if let Some(segment) = segments.find(|s| s.max_timestamp >= target) {
            return Some(sealed(segment));
        }
        let tail = self.tail();
        let at = tail.find_timestamp(tail.find(from), target)?;
        let batch = tail.get(at).filter(|batch| batch.next() <= upto)?;
        Some(Candidate::Ring { part: batch.part(), base: batch.base, next: batch.next() })
    }

    /// The largest timestamp stated below `upto` and the first place that states it, for
    /// ListOffsets −3 (trap 59): look it up exactly there, from the log start on. `None` if no batch
    /// has a timestamp.
    ///
    /// # Errors
    /// With the page to load and to call again with, if the log start is within it.
    pub fn newest_timestamp(
        &self,
        upto: Offset,
        loaded: &[LoadedPage],
    ) -> Result<Option<(Timestamp, Candidate)>, PageRef> {
        let (log_start, segments) = (self.log_start(), self.segments());
        let mut best: Option<(Timestamp, Candidate)> = None;
        let mut see = |stamp: Timestamp, place: Candidate| {
            if best.is_none_or(|(newest, _)| stamp > newest) {
                best = Some((stamp, place));
            }
        };
        for page in segments.pages().take_while(|page| page.base < upto) {
            if page.base >= log_start {
                see(page.max_timestamp, Candidate::Paged { page: *page, next: page.end });
                continue;
            }
            // Its newest record may be dead: only its live segments count.
            let inside = page.looked(loaded).ok_or(*page)?;
            let live = inside.iter().filter(|s| s.end > log_start && s.base < upto);
            live.for_each(|segment| see(segment.max_timestamp, sealed(segment)));
        }
        let resident = segments.resident_from(log_start).take_while(|s| s.base < upto);
        resident.for_each(|segment| see(segment.max_timestamp, sealed(segment)));
        if let Some(batch) = self.tail().newest_timestamp(log_start, upto) {
            let (base, next) = (batch.base, batch.next());
            see(batch.max_timestamp, Candidate::Ring { part: batch.part(), base, next });
        }
        Ok(best.filter(|(stamp, _)| stamp.0 >= 0))
    }
}

const fn sealed(segment: &SegmentRef) -> Candidate {
    Candidate::Sealed { segment: *segment, next: segment.end }
}

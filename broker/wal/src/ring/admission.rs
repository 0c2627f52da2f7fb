//! Room is promised before it is taken, so that an append cannot fail.
//!
//! What all promises together may take at worst is reckoned with before another is given, the rest
//! of a lap that they may have to skip included.

use super::Ring;
use super::room;
use crate::entry::Class;
use crate::error::{Full, FullReason};
use crate::geometry::block_end;

/// Room promised to one append.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Promise {
    pub(crate) cost: u64,
    pub(crate) entries: usize,
    pub(crate) bytes: u64,
    pub(crate) largest: u64,
}

impl Ring {
    /// Promises room for one append.
    pub(crate) fn admit(
        &mut self,
        class: Class,
        entries: usize,
        bytes: u64,
        largest: u64,
    ) -> Result<Promise, Full> {
        assert!(largest <= bytes, "the largest payload is one of them");
        let cost = room::worst_case(entries as u64, bytes, self.group_bytes_max);
        let limit = self.limits.of(class);
        let (used, capacity) = (self.used(), self.geometry.capacity());
        let refused = |reason| Err(Full { reason, wanted: cost, used, capacity });
        if let Some(reason) = self.refuses {
            return refused(reason);
        }
        if cost > limit || largest > u64::from(u32::MAX) {
            return refused(FullReason::TooLarge);
        }
        let promised = self.promised + cost;
        // The rest of this lap may have to be skipped if what is promised reaches the lap's end.
        // Control entries may come in between, so all but they keep clear of it by their reserve:
        // what tips the balance must never be a control entry.
        let others = if class == Class::Control { 0 } else { self.limits.control_reserve() };
        let reaches_end = self.geometry.lap_left(self.head()) < promised + others;
        let longest = self.promised_largest.max(largest);
        let gap = if reaches_end { room::worst_gap(longest) } else { 0 };
        if used + promised + gap > limit || !self.memory_has_room(promised + gap) {
            return refused(FullReason::Occupied);
        }
        self.promised = promised;
        self.promises += 1;
        self.promised_largest = longest;
        Ok(Promise { cost, entries, bytes, largest })
    }

    /// Memory is ahead of disk, but a reader may hold on to what was trimmed.
    fn memory_has_room(&mut self, bytes: u64) -> bool {
        // The open group's padding comes out of what is free, too.
        let needed = block_end(self.head()) - self.head() + bytes;
        if self.cursor.room() < needed {
            self.cursor.refresh();
        }
        self.cursor.room() >= needed
    }

    /// Gives promised room back, or to the append that follows.
    pub(crate) fn release(&mut self, promise: Promise) {
        self.promised -= promise.cost;
        self.promises -= 1;
        if self.promises == 0 {
            self.promised_largest = 0;
        }
    }
}

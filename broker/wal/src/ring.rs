//! The ring's state under its lock: where the head is, which groups are open, closed and waiting,
//! and how much room is promised to whom.
//!
//! Places entries and cuts groups; copies into memory, writes nothing to disk, waits for nothing.

use std::collections::VecDeque;

use broker_env::ring_memory::{Reservation, RingCursor};
use protocol_types::{LocalId, Lsn};

use crate::config::WalConfig;
use crate::entry::{self, Entry, EntryKind, Placed};
use crate::error::FullReason;
use crate::geometry::{BLOCK, BLOCK_LEN, Geometry, SECTOR, block_end};
use crate::touched::Touched;

mod admission;
mod room;

pub(crate) use admission::Promise;
use room::Limits;

/// A group that takes more entries.
#[derive(Debug)]
struct Open {
    start: u64,
    entries: u32,
    /// It holds an entry that waits for the disk.
    sync: bool,
}

/// A group that was cut and waits to be written.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) start: u64,
    pub(crate) length: u64,
    pub(crate) stored: u64,
    pub(crate) used: u64,
    pub(crate) entries: u32,
    pub(crate) sync: bool,
    pub(crate) touched: Vec<LocalId>,
}

impl Closed {
    pub(crate) const fn end(&self) -> u64 {
        self.start + self.length
    }
}

/// What the writer wants to know of the open group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenGroup {
    pub(crate) start: u64,
    pub(crate) bytes: u64,
    pub(crate) entries: u32,
    pub(crate) sync: bool,
}

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Ring {
    cursor: RingCursor,
    geometry: Geometry,
    limits: Limits,
    group_bytes_max: u64,
    async_bytes: u64,
    open: Option<Open>,
    closed: VecDeque<Closed>,
    touched: Touched,
    /// Nothing below it is needed, and disk knows it.
    trim: u64,
    /// Sum of the costs of what is promised and not yet placed.
    promised: u64,
    /// Number of promises, and the largest payload among them since there was none.
    promises: usize,
    promised_largest: u64,
    /// The writer waits until it is woken.
    sleeping: bool,
    /// Start of the open group that the writer saw last.
    seen: u64,
    /// Everything below it must be made durable at once.
    pub(crate) sync_wanted: u64,
    /// The writer shall write everything and end.
    pub(crate) stopping: bool,
    /// Why nothing more is taken.
    pub(crate) refuses: Option<FullReason>,
}

impl Ring {
    pub(crate) fn new(
        cursor: RingCursor,
        config: &WalConfig,
        geometry: Geometry,
        trim: u64,
    ) -> Self {
        assert!(trim <= cursor.reserved(), "trim {trim} above the head");
        Self {
            cursor,
            geometry,
            limits: Limits::new(config),
            group_bytes_max: config.group_bytes_max,
            async_bytes: config.async_bytes,
            open: None,
            closed: VecDeque::with_capacity(64),
            touched: Touched::default(),
            trim,
            promised: 0,
            promises: 0,
            promised_largest: 0,
            sleeping: false,
            seen: u64::MAX,
            sync_wanted: 0,
            stopping: false,
            refuses: None,
        }
    }

    /// End of what was placed.
    pub(crate) const fn head(&self) -> u64 {
        self.cursor.reserved()
    }

    pub(crate) const fn trim(&self) -> u64 {
        self.trim
    }

    /// Used bytes; the open group counts with its padding.
    pub(crate) const fn used(&self) -> u64 {
        block_end(self.cursor.reserved()) - self.trim
    }

    /// Places an entry and copies it.
    pub(crate) fn place(&mut self, entry: &Entry<'_>) -> Placed {
        let payload = entry.payload_len();
        let start = self.prepare(entry);
        let [first, second] = entry.parts;
        self.cursor.write(&[&entry.header(), first, second, entry::padding(payload)]);
        placed(start, payload)
    }

    /// Places an entry that its appender copies later.
    pub(crate) fn reserve(&mut self, entry: &Entry<'_>) -> (Placed, Reservation) {
        let payload = entry.payload_len();
        let start = self.prepare(entry);
        (placed(start, payload), self.cursor.reserve(entry::size(payload)))
    }

    /// Makes what is complete readable.
    pub(crate) fn publish(&mut self) -> u64 {
        self.cursor.publish()
    }

    pub(crate) fn complete(&mut self, reservation: Reservation) -> u64 {
        self.cursor.complete(reservation)
    }

    /// The writer looked at everything and waits to be woken.
    pub(crate) fn writer_sleeps(&mut self) {
        self.sleeping = true;
        self.seen = self.open.as_ref().map_or(self.seen, |open| open.start);
    }

    pub(crate) const fn writer_is_awake(&mut self) {
        self.sleeping = false;
    }

    /// Whether a sleeping writer has reason to wake; it counts as awake then.
    pub(crate) fn wake_writer(&mut self) -> bool {
        if !self.sleeping {
            return false;
        }
        let reason = match &self.open {
            // A new group starts the writer's clock, the 64th KiB ends its patience.
            Some(open) => {
                let bytes = self.cursor.reserved() - open.start;
                open.sync || open.start != self.seen || bytes >= self.async_bytes
            }
            None => false,
        };
        let wake = reason || !self.closed.is_empty();
        self.sleeping = !wake;
        wake
    }

    pub(crate) fn open_group(&self) -> Option<OpenGroup> {
        self.open.as_ref().map(|open| OpenGroup {
            start: open.start,
            bytes: self.cursor.reserved() - open.start,
            entries: open.entries,
            sync: open.sync,
        })
    }

    /// The oldest group that waits to be written.
    pub(crate) fn first_closed(&self) -> Option<&Closed> {
        self.closed.front()
    }

    pub(crate) fn take_closed(&mut self) -> Option<Closed> {
        self.closed.pop_front()
    }

    pub(crate) fn recycle(&mut self, touched: Vec<LocalId>) {
        self.touched.recycle(touched);
    }

    /// Cuts the open group, if there is one.
    pub(crate) fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let used = self.cursor.reserved() - open.start;
        let stored = block_end(used);
        self.pad(stored - used);
        let Open { start, entries, sync } = open;
        let touched = self.touched.take();
        self.closed.push_back(Closed {
            start,
            length: stored,
            stored,
            used,
            entries,
            sync,
            touched,
        });
        self.cursor.publish();
    }

    /// Makes the space below `to` free; disk knows it.
    pub(crate) fn raise_trim(&mut self, to: u64) {
        assert!(to >= self.trim, "trim goes back from {} to {to}", self.trim);
        self.trim = to;
        self.cursor.raise_floor(to);
    }

    /// From here on nothing is published.
    pub(crate) const fn freeze(&mut self) {
        self.cursor.freeze();
    }

    /// From here on nothing is published or taken.
    pub(crate) fn poison(&mut self) {
        self.freeze();
        self.refuses = Some(FullReason::Poisoned);
    }

    /// Makes sure that a group with room for `entry` is open; returns where the entry starts.
    fn prepare(&mut self, entry: &Entry<'_>) -> u64 {
        let size = entry::size(entry.payload_len());
        if let Some(open) = &self.open {
            let stored = block_end(self.cursor.reserved() + size) - open.start;
            // A larger group holds one entry; it is full for any other.
            if stored > self.group_bytes_max || !self.geometry.in_one_piece(open.start, stored) {
                self.close();
            }
        }
        if self.open.is_none() {
            self.skip_lap_unless(block_end(SECTOR + size));
            self.begin();
        }
        if let Some(open) = &mut self.open {
            open.entries += 1;
            open.sync |= entry.wants_sync();
        }
        if entry.kind.names_partition() {
            self.touched.add(entry.local_id);
        }
        self.cursor.reserved()
    }

    fn begin(&mut self) {
        let start = self.cursor.reserved();
        debug_assert!(start.is_multiple_of(BLOCK), "groups start on blocks");
        self.touched.begin();
        // The header is put in front when the group is written: it has no place in memory.
        self.cursor.skip(SECTOR);
        self.open = Some(Open { start, entries: 0, sync: false });
    }

    /// Closes the lap with a group that covers the rest of it, if `length` bytes do not fit.
    fn skip_lap_unless(&mut self, length: u64) {
        let start = self.cursor.reserved();
        if self.geometry.in_one_piece(start, length) {
            return;
        }
        let gap = self.geometry.lap_left(start);
        let used = SECTOR + entry::size(0);
        self.cursor.skip(SECTOR);
        self.cursor.write(&[&entry::header(EntryKind::Pad, LocalId(0), 0)]);
        self.pad(BLOCK - used);
        self.cursor.skip(gap - BLOCK);
        self.closed.push_back(Closed {
            start,
            length: gap,
            stored: BLOCK,
            used,
            entries: 1,
            sync: false,
            touched: Vec::new(),
        });
    }

    fn pad(&mut self, len: u64) {
        const ZEROS: [u8; BLOCK_LEN] = [0; BLOCK_LEN];
        self.cursor.write(&[ZEROS.split_at(protocol_types::to_usize(len)).0]);
    }
}

const fn placed(start: u64, payload: u64) -> Placed {
    let lsn = Lsn(start + entry::HEADER_LEN as u64);
    Placed { lsn, end: Lsn(start + entry::size(payload)) }
}

#[cfg(test)]
mod tests;

//! The memory of a ring log: appended in order, read while it is appended, reused lap after lap.
//!
//! Positions only grow; position `p` lies at byte `p % capacity`. Four marks order everything:
//! `reusable ≤ floor ≤ published ≤ reserved ≤ reusable + capacity`. The one [`RingCursor`] hands out
//! what lies between `published` and `reserved`, each byte to one writer; readers see only what lies
//! between their pin and `published`. The space of a position is given to a writer again only after
//! the floor passed it **and** no pin at or below it was left, so no reader ever sees a byte change.
//!
//! The handshake is Dekker's: a reader stores its pin, then checks the floor; the cursor stores the
//! floor, then checks the pins, all sequentially consistent. One of them sees the other.
//! It knows no entry, no group and no file.

#![expect(unsafe_code, reason = "who may touch which byte when is proved here")]

mod mapping;

use std::collections::VecDeque;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mapping::Mapping;

/// A pin slot nobody uses.
const FREE: u64 = u64::MAX;

/// Keeps what different threads write on different cache lines.
#[derive(Debug)]
#[repr(align(128))]
struct Padded<T>(T);

/// The readers' side. Shared by all threads.
#[derive(Debug)]
pub struct RingMemory {
    mapping: Mapping,
    /// Bytes, a multiple of 4 KiB.
    capacity: u64,
    /// Tells reservations of different rings apart.
    id: u64,
    /// Everything from `floor` to here may be read.
    published: Padded<AtomicU64>,
    /// No pin below it succeeds.
    floor: Padded<AtomicU64>,
    /// Lowest position each reader looks at, or `FREE`.
    pins: Box<[Padded<AtomicU64>]>,
}

/// The writers' side: there is one, and `&mut` makes its decisions one at a time.
#[derive(Debug)]
pub struct RingCursor {
    memory: Arc<RingMemory>,
    /// End of what was handed out.
    reserved: u64,
    /// Space of positions below it may be handed out again.
    reusable: u64,
    /// Reservations in order, until all before them are complete.
    outstanding: VecDeque<Outstanding>,
    /// After it is set, `published` stands still for ever.
    frozen: bool,
}

#[derive(Debug)]
struct Outstanding {
    start: u64,
    complete: bool,
}

/// The exclusive right to fill a range that nobody can read yet. If it is lost, nothing behind it
/// is ever published.
#[derive(Debug)]
#[must_use = "what lies behind a reservation is not readable before it is completed"]
pub struct Reservation {
    ring: u64,
    start: u64,
    len: u64,
}

impl Reservation {
    /// Position of its first byte.
    #[must_use]
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// Position after its last byte.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.start + self.len
    }
}

/// While it lives, bytes at and above its position stay readable and do not change.
#[derive(Debug)]
pub struct MemoryPin<'a> {
    memory: &'a RingMemory,
    slot: &'a AtomicU64,
    at: u64,
    /// A pin blocks reuse: it is held for one system call and stays on its thread.
    not_send: PhantomData<*const ()>,
}

impl RingMemory {
    /// A ring whose first position is `base`, with `slots` places for pins. Memory is touched only
    /// when it is written.
    ///
    /// # Panics
    /// If `capacity` is 0 or no multiple of 4 KiB.
    pub fn create(capacity: u64, base: u64, slots: usize) -> io::Result<RingCursor> {
        static IDS: AtomicU64 = AtomicU64::new(0);
        assert!(capacity > 0 && capacity.is_multiple_of(4096), "ring of {capacity} bytes");
        let len = usize::try_from(capacity).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let memory = Arc::new(Self {
            mapping: Mapping::anonymous(len)?,
            capacity,
            id: IDS.fetch_add(1, Ordering::Relaxed),
            published: Padded(AtomicU64::new(base)),
            floor: Padded(AtomicU64::new(base)),
            pins: (0..slots).map(|_| Padded(AtomicU64::new(FREE))).collect(),
        });
        Ok(RingCursor {
            memory,
            reserved: base,
            reusable: base,
            outstanding: VecDeque::with_capacity(64),
            frozen: false,
        })
    }

    #[must_use]
    pub const fn capacity(&self) -> u64 {
        self.capacity
    }

    /// End of what may be read.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.published.0.load(Ordering::Acquire)
    }

    /// Lowest position that can still be pinned.
    #[must_use]
    pub fn floor(&self) -> u64 {
        self.floor.0.load(Ordering::SeqCst)
    }

    /// `None` if `at` is below the floor, or the slot is taken or does not exist.
    #[must_use]
    pub fn pin(&self, slot: usize, at: u64) -> Option<MemoryPin<'_>> {
        let slot = &self.pins.get(slot)?.0;
        if at == FREE {
            return None;
        }
        slot.compare_exchange(FREE, at, Ordering::SeqCst, Ordering::Relaxed).ok()?;
        let pin = MemoryPin { memory: self, slot, at, not_send: PhantomData };
        // Either this sees a floor that was raised past the pin, or whoever raises it sees the pin.
        (self.floor.0.load(Ordering::SeqCst) <= at).then_some(pin)
    }

    /// Copies `bytes` into the reservation, `at` bytes behind its start.
    ///
    /// # Panics
    /// If they do not fit, or the reservation is another ring's.
    pub fn fill(&self, reservation: &mut Reservation, at: u64, bytes: &[u8]) {
        assert_eq!(reservation.ring, self.id, "a reservation of another ring");
        let len = bytes.len() as u64;
        assert!(at <= reservation.len, "fill behind the reservation");
        assert!(len <= reservation.len - at, "fill past the reservation");
        // SAFETY: the range lies within a reservation, which the cursor made in one piece of the
        // mapping, which nobody else may write (`&mut Reservation`), and which no reader sees
        // before `RingCursor::complete` took the reservation away.
        unsafe { self.mapping.write(self.place(reservation.start + at), bytes) };
    }

    /// Takes real memory for `from .. to`, whole pages within one lap, without changing a byte: what
    /// is written there first does not wait for the system to zero it. `false` where the system
    /// cannot; it may be called again then, in vain.
    ///
    /// # Panics
    /// If the range crosses the ring's end, or its ends lie within pages of 4 KiB.
    #[must_use]
    pub fn populate(&self, from: u64, to: u64) -> bool {
        assert!(from.is_multiple_of(4096) && to.is_multiple_of(4096), "whole pages");
        assert!(from < to && to - from <= self.capacity - from % self.capacity, "in one lap");
        let end = self.place(to - 1) + 1;
        self.mapping.populate(self.place(from), end)
    }

    #[expect(clippy::cast_possible_truncation, reason = "below the capacity, which is a usize")]
    const fn place(&self, position: u64) -> usize {
        (position % self.capacity) as usize
    }

    fn lowest_pin(&self) -> u64 {
        self.pins.iter().map(|pin| pin.0.load(Ordering::SeqCst)).min().unwrap_or(FREE)
    }
}

impl MemoryPin<'_> {
    /// `None` unless the whole range is published, at or above the pin, and in one piece.
    #[must_use]
    pub fn bytes(&self, at: u64, len: usize) -> Option<&[u8]> {
        let end = at.checked_add(len as u64)?;
        let place = self.memory.place(at);
        let straddles = place.checked_add(len)? > self.memory.mapping.len();
        if at < self.at || straddles || end > self.memory.published() {
            return None;
        }
        // SAFETY: the range is in one piece of the mapping. It lies below `published`, whose load
        // acquired the writes of its bytes, so all writers of it are done. It lies at or above this
        // pin, and `pin` and `RingCursor::refresh` agree that the cursor hands out no space of a
        // position at or above a living pin, so nobody writes it while `self` is borrowed.
        Some(unsafe { self.memory.mapping.read(place, len) })
    }
}

impl Drop for MemoryPin<'_> {
    fn drop(&mut self) {
        // Orders the reads through this pin before the reuse that sees the slot free.
        self.slot.store(FREE, Ordering::Release);
    }
}

impl RingCursor {
    #[must_use]
    pub const fn memory(&self) -> &Arc<RingMemory> {
        &self.memory
    }

    /// End of what was handed out.
    #[must_use]
    pub const fn reserved(&self) -> u64 {
        self.reserved
    }

    /// Bytes that can be handed out now.
    #[must_use]
    pub fn room(&self) -> u64 {
        self.reusable + self.memory.capacity - self.reserved
    }

    /// Bytes to the end of this lap.
    #[must_use]
    pub fn lap_left(&self) -> u64 {
        self.memory.capacity - self.reserved % self.memory.capacity
    }

    /// Gives positions below `to` up; their space is reused as soon as no pin holds it.
    ///
    /// # Panics
    /// If `to` is not published.
    pub fn raise_floor(&mut self, to: u64) {
        if to > self.memory.floor.0.load(Ordering::Relaxed) {
            assert!(to <= self.memory.published(), "floor {to} above what is published");
            self.memory.floor.0.store(to, Ordering::SeqCst);
        }
        self.refresh();
    }

    /// Looks which pins are gone; more room may be there afterwards.
    pub fn refresh(&mut self) {
        let floor = self.memory.floor.0.load(Ordering::SeqCst);
        // A pin below the floor was taken before the floor rose, or is about to give up.
        self.reusable = self.reusable.max(floor.min(self.memory.lowest_pin()));
    }

    /// Passes over `len` bytes without writing them: they read as whatever is there.
    pub fn skip(&mut self, len: u64) {
        self.take(len);
    }

    /// Writes the parts one behind the other; readable after [`RingCursor::publish`].
    pub fn write(&mut self, parts: &[&[u8]]) {
        let mut len = 0;
        for part in parts {
            len += part.len();
        }
        let start = self.take(len as u64);
        let mut place = self.memory.place(start);
        for part in parts {
            // SAFETY: `take` gave this range to this call alone: it is in one piece, above
            // `published`, in no reservation, and its space is below no pin.
            unsafe { self.memory.mapping.write(place, part) };
            place += part.len();
        }
    }

    /// The exclusive right to fill the next `len` bytes, elsewhere and later.
    pub fn reserve(&mut self, len: u64) -> Reservation {
        let start = self.take(len);
        self.outstanding.push_back(Outstanding { start, complete: false });
        Reservation { ring: self.memory.id, start, len }
    }

    /// Says that a reservation is filled. Returns `published`, which moves when nothing before is
    /// outstanding.
    ///
    /// # Panics
    /// If the reservation is another ring's.
    #[expect(clippy::needless_pass_by_value, reason = "whoever held it must not fill it any more")]
    pub fn complete(&mut self, reservation: Reservation) -> u64 {
        assert_eq!(reservation.ring, self.memory.id, "a reservation of another ring");
        if let Ok(index) = self.outstanding.binary_search_by_key(&reservation.start, |o| o.start)
            && let Some(found) = self.outstanding.get_mut(index)
        {
            found.complete = true;
        }
        while self.outstanding.front().is_some_and(|first| first.complete) {
            self.outstanding.pop_front();
        }
        self.publish()
    }

    /// Makes everything before the first outstanding reservation readable; returns `published`.
    pub fn publish(&mut self) -> u64 {
        let end = self.outstanding.front().map_or(self.reserved, |first| first.start);
        if self.frozen {
            return self.memory.published();
        }
        self.memory.published.0.store(end, Ordering::Release);
        end
    }

    /// Nothing is published any more, whatever is written.
    pub const fn freeze(&mut self) {
        self.frozen = true;
    }

    /// Hands out the next `len` bytes.
    fn take(&mut self, len: u64) -> u64 {
        assert!(len <= self.lap_left(), "{len} bytes straddle the ring's end");
        assert!(len <= self.room(), "{len} bytes of {} are not free", self.room());
        let start = self.reserved;
        self.reserved += len;
        start
    }
}

#[cfg(test)]
mod tests;

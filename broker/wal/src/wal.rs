//! The log as its users see it: a handle that many threads share.
//!
//! It owns the two threads, the lock of the ring's file and, through `Shared`, everything else. An
//! append takes room first (`admit`), after which it cannot fail; all its entries are placed in one
//! section of the ring's lock, so that they lie together and in order. Small ones are copied inside
//! it, large ones outside, and nothing is published past one that is still being copied. Nothing
//! here waits for the disk but `wait_durable_blocking`, `shutdown` and reads of the file.

use std::marker::PhantomData;
use std::sync::Arc;

use broker_env::disk::DiskFile;
use broker_env::ring_memory::{MemoryPin, Reservation};
use broker_env::threads::{self, JoinHandle};
use parking_lot::Mutex;
use protocol_types::Lsn;

use crate::entry::{self, Class, Entry, Placed};
use crate::error::{Full, ReadError, WalError};
use crate::reader::{self, FileReader};
use crate::ring::Promise;
use crate::shared::Shared;

mod open;

/// Appends of more bytes copy outside the ring's lock.
const INLINE_MAX: u64 = 256 << 10;

/// The ring log. Clones are handles to the same log; the last one to go stops its threads, without
/// waiting for what nobody was promised ([`Wal::shutdown`] does).
#[derive(Clone, Debug)]
pub struct Wal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held as long as the ring is open.
    _lock: Arc<dyn DiskFile>,
}

/// Used bytes, padding included, of the ring's capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy {
    pub used: u64,
    pub capacity: u64,
}

/// Room taken for one `append`; given back when dropped unused.
#[derive(Debug)]
#[must_use = "room that is not used is given back at once"]
pub struct Admission<'a> {
    shared: &'a Shared,
    promise: Option<Promise>,
}

/// Ring memory at and above an LSN stays what it is while this lives. One at a time per shard,
/// held for one non-blocking system call, never across an await.
#[derive(Debug)]
pub struct Pin<'a> {
    memory: MemoryPin<'a>,
    not_send: PhantomData<*const ()>,
}

impl Pin<'_> {
    /// The bytes, if they are published, at or above the pin, and do not cross the ring's end.
    #[must_use]
    pub fn bytes(&self, lsn: Lsn, len: usize) -> Option<&[u8]> {
        self.memory.bytes(lsn.0, len)
    }
}

impl Wal {
    /// Takes room for one later append, so that it cannot fail. `bytes` is the sum of the payloads,
    /// `largest` the largest of them.
    pub fn admit(
        &self,
        class: Class,
        entries: usize,
        bytes: u64,
        largest: u64,
    ) -> Result<Admission<'_>, Full> {
        let shared = &*self.inner.shared;
        let promise = shared.ring.lock().admit(class, entries, bytes, largest)?;
        Ok(Admission { shared, promise: Some(promise) })
    }

    /// Places all entries in order, in one section of the ring's lock, and pushes where each lies.
    /// They count as acknowledged when the returned LSN is at or below `published()` or `durable()`.
    ///
    /// # Panics
    /// If the entries exceed their admission.
    pub fn append(
        &self,
        mut admission: Admission<'_>,
        entries: &[Entry<'_>],
        placed: &mut impl Extend<Placed>,
    ) -> Lsn {
        let shared = &*self.inner.shared;
        let promise = admission.promise.take().unwrap_or_default();
        let mut bytes = 0;
        for entry in entries {
            let payload = entry.payload_len();
            assert!(payload <= promise.largest, "a larger payload than admitted");
            bytes += payload;
        }
        assert!(entries.len() <= promise.entries, "more entries than admitted");
        assert!(bytes <= promise.bytes, "more bytes than admitted");
        let mut ring = shared.ring.lock();
        ring.release(promise);
        if bytes > INLINE_MAX {
            let mut reservations = Vec::with_capacity(entries.len());
            for entry in entries {
                let (at, reservation) = ring.reserve(entry);
                placed.extend([at]);
                reservations.push(reservation);
            }
            let end = ring.head();
            drop(ring);
            shared.appended(end);
            self.fill(entries, reservations, end);
            return Lsn(end);
        }
        placed.extend(entries.iter().map(|entry| ring.place(entry)));
        let end = ring.head();
        ring.publish();
        let wake = ring.wake_writer();
        drop(ring);
        if wake {
            shared.unpark_writer();
        }
        shared.appended(end);
        Lsn(end)
    }

    /// Copies what was reserved, and publishes it.
    fn fill(&self, entries: &[Entry<'_>], mut reservations: Vec<Reservation>, end: u64) {
        let shared = &*self.inner.shared;
        for (entry, reservation) in entries.iter().zip(&mut reservations) {
            let [first, second] = entry.parts;
            let mut at = 0;
            for part in [&entry.header(), first, second, entry::padding(entry.payload_len())] {
                shared.memory.fill(reservation, at, part);
                at += part.len() as u64;
            }
        }
        let mut ring = shared.ring.lock();
        let mut published = shared.memory.published();
        for reservation in reservations {
            published = ring.complete(reservation);
        }
        let wake = ring.wake_writer();
        drop(ring);
        if wake {
            shared.unpark_writer();
        }
        if published > end {
            shared.events.published_late(Lsn(published));
        }
    }

    /// All entries that end at or below it are in ring memory.
    #[must_use]
    pub fn published(&self) -> Lsn {
        Lsn(self.inner.shared.memory.published())
    }

    /// All entries that end at or below it are on stable storage.
    #[must_use]
    pub fn durable(&self) -> Lsn {
        Lsn(self.inner.shared.durable())
    }

    /// End of what was appended.
    #[must_use]
    pub fn head(&self) -> Lsn {
        Lsn(self.inner.shared.ring.lock().head())
    }

    /// Nothing below it is needed any more, and disk knows it.
    #[must_use]
    pub fn trim(&self) -> Lsn {
        Lsn(self.inner.shared.trim())
    }

    #[must_use]
    pub fn occupancy(&self) -> Occupancy {
        let used = self.inner.shared.ring.lock().used();
        Occupancy { used, capacity: self.capacity() }
    }

    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.inner.shared.capacity()
    }

    /// `None` if `at` is reused, lies below what is in memory, or the shard holds a pin already.
    #[must_use]
    pub fn pin(&self, shard: usize, at: Lsn) -> Option<Pin<'_>> {
        let shared = &*self.inner.shared;
        assert!(shard < shared.shards, "shard {shard} of {}", shared.shards);
        let memory = shared.memory.pin(shard, at.0)?;
        Some(Pin { memory, not_send: PhantomData })
    }

    /// Whether the byte is in ring memory (rather than in the ring file alone).
    #[must_use]
    pub fn in_memory(&self, lsn: Lsn) -> bool {
        let memory = &self.inner.shared.memory;
        memory.floor() <= lsn.0 && lsn.0 < memory.published()
    }

    /// Copies published bytes out of ring memory or the ring file. Blocks.
    pub fn read_into(&self, lsn: Lsn, buf: &mut [u8]) -> Result<(), ReadError> {
        reader::read_into(&self.inner.shared, lsn, buf)
    }

    /// For a thread that reads much of what a start recovered.
    #[must_use]
    pub fn file_reader(&self) -> FileReader {
        FileReader::new(Arc::clone(&self.inner.shared))
    }

    /// Says that nothing below `to` is needed: a checkpoint at or above `to` is durable. The room is
    /// there once disk knows ([`crate::WalEvents::trimmed`]).
    ///
    /// # Panics
    /// If `to` is above `durable()`: what is not in the ring file yet cannot be given up there, or
    /// its LSNs would be used twice after a crash.
    pub fn advance_trim(&self, to: Lsn) {
        let shared = &*self.inner.shared;
        assert!(to <= self.durable(), "trim {to:?} above the durable end {:?}", self.durable());
        let mut trims = shared.trims.lock();
        if let Some(mark) = trims.index.at_or_below(to.0)
            && mark.lsn > trims.wanted.lsn
        {
            trims.wanted = mark;
            drop(trims);
            shared.wake_keeper();
        }
    }

    /// Syncs at once, if needed, and blocks until `durable()` is at or above `lsn`.
    pub fn wait_durable_blocking(&self, lsn: Lsn) -> Result<(), WalError> {
        let shared = &*self.inner.shared;
        if self.durable() >= lsn {
            return Ok(());
        }
        {
            let mut ring = shared.ring.lock();
            assert!(lsn.0 <= ring.head(), "{lsn:?} was not appended");
            ring.sync_wanted = ring.sync_wanted.max(lsn.0);
            shared.wake_writer(ring);
        }
        shared.wait_until(|| self.durable() >= lsn)
    }

    /// Writes and syncs what was appended, records the durable floor and stops the threads. Nothing
    /// can be appended any more.
    pub fn shutdown(&self) -> Result<(), WalError> {
        let shared = &*self.inner.shared;
        {
            let mut ring = shared.ring.lock();
            ring.refuses.get_or_insert(crate::FullReason::Closed);
            ring.stopping = true;
            shared.wake_writer(ring);
        }
        self.inner.join();
        match shared.dead() {
            Some(WalError::Poisoned(error)) => Err(WalError::Poisoned(error)),
            _ => Ok(()),
        }
    }
}

impl Inner {
    /// Waits for the writer, then ends the keeper.
    fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            self.shared.wake_keeper();
            // The last handle may go on one of the log's own threads, in a callback.
            if thread.thread().id() != threads::current().id() {
                let _ = thread.join();
            }
            self.shared.abort();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.abort();
        self.join();
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if let Some(promise) = self.promise.take() {
            self.shared.ring.lock().release(promise);
        }
    }
}

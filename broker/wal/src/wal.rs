//! The log as its users see it.

use std::marker::PhantomData;
use std::sync::Arc;

use broker_env::clock::Clock;
use broker_env::disk::Disk;
use protocol_types::Lsn;

use crate::config::WalConfig;
use crate::entry::{Class, Entry, Placed, Replayed};
use crate::error::{Full, OpenError, ReadError, ReplayError, WalError};
use crate::events::{RecoveryReport, WalEvents};

/// The ring log. Clones are handles to the same log.
#[derive(Clone, Debug)]
pub struct Wal {
    shared: Arc<()>,
}

/// Used bytes, padding included, of the ring's capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy {
    pub used: u64,
    pub capacity: u64,
}

/// Room taken for one `append`; given back when dropped unused.
#[derive(Debug)]
pub struct Admission<'a> {
    wal: &'a Wal,
}

/// Ring memory at and above an LSN stays what it is while this lives. One at a time per shard,
/// held for one non-blocking system call, never across an await.
#[derive(Debug)]
pub struct Pin<'a> {
    wal: &'a Wal,
    not_send: PhantomData<*const ()>,
}

impl Pin<'_> {
    /// The bytes, if they are published, at or above the pin, and do not cross the ring's end.
    #[must_use]
    pub fn bytes(&self, lsn: Lsn, len: usize) -> Option<&[u8]> {
        todo!()
    }
}

impl Wal {
    /// Recovers the ring, hands every entry that ends above `from` (the last durable checkpoint's
    /// LSN) to `replay` in LSN order, then appends and syncs the START entry with `incarnation`.
    #[expect(clippy::too_many_arguments, reason = "all are needed before the first byte is read")]
    pub fn open(
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        config: WalConfig,
        from: Lsn,
        incarnation: u64,
        events: Arc<dyn WalEvents>,
        replay: &mut dyn FnMut(Replayed<'_>) -> Result<(), ReplayError>,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        todo!()
    }

    /// Takes room for one later append, so that it cannot fail. `bytes` is the sum of the payloads,
    /// `largest` the largest of them.
    pub fn admit(
        &self,
        class: Class,
        entries: usize,
        bytes: u64,
        largest: u64,
    ) -> Result<Admission<'_>, Full> {
        todo!()
    }

    /// Places all entries in order, in one section of the ring's lock, and pushes where each lies.
    /// They count as acknowledged when the returned LSN is at or below `published()` or `durable()`.
    pub fn append(
        &self,
        admission: Admission<'_>,
        entries: &[Entry<'_>],
        placed: &mut Vec<Placed>,
    ) -> Lsn {
        todo!()
    }

    /// All entries that end at or below it are in ring memory.
    #[must_use]
    pub fn published(&self) -> Lsn {
        todo!()
    }

    /// All entries that end at or below it are on stable storage.
    #[must_use]
    pub fn durable(&self) -> Lsn {
        todo!()
    }

    /// End of what was appended.
    #[must_use]
    pub fn head(&self) -> Lsn {
        todo!()
    }

    /// Nothing below it is needed any more, and disk knows it.
    #[must_use]
    pub fn trim(&self) -> Lsn {
        todo!()
    }

    #[must_use]
    pub fn occupancy(&self) -> Occupancy {
        todo!()
    }

    #[must_use]
    pub fn capacity(&self) -> u64 {
        todo!()
    }

    /// `None` if `at` is reused, lies below what is in memory, or the shard holds a pin already.
    #[must_use]
    pub fn pin(&self, shard: usize, at: Lsn) -> Option<Pin<'_>> {
        todo!()
    }

    /// Whether the byte is in ring memory (rather than in the ring file alone).
    #[must_use]
    pub fn in_memory(&self, lsn: Lsn) -> bool {
        todo!()
    }

    /// Copies published bytes out of ring memory or the ring file. Blocks.
    pub fn read_into(&self, lsn: Lsn, buf: &mut [u8]) -> Result<(), ReadError> {
        todo!()
    }

    /// Says that nothing below `to` is needed: a checkpoint at or above `to` is durable. `to` must
    /// not exceed `durable()`. The room is there once disk knows (`WalEvents::trimmed`).
    pub fn advance_trim(&self, to: Lsn) {
        todo!()
    }

    /// Syncs at once, if needed, and blocks until `durable()` is at or above `lsn`.
    pub fn wait_durable_blocking(&self, lsn: Lsn) -> Result<(), WalError> {
        todo!()
    }

    /// Writes and syncs what was appended, records the durable floor and stops the threads. Nothing
    /// may be appended any more.
    pub fn shutdown(&self) -> Result<(), WalError> {
        todo!()
    }
}

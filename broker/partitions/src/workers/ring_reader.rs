//! How the sealer reads the ring: from memory under a pin of its own, otherwise from the ring file.

use broker_env::caches;
use broker_log::TailBatch;
use broker_wal::{FileReader, Wal};

use super::sealer::WorkError;
use crate::read::{LoadError, run_end};

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct RingReader {
    wal: Wal,
    /// The place of the sealer's pin in ring memory.
    pin: usize,
    file: FileReader,
    buffer: Vec<u8>,
}

impl RingReader {
    pub(crate) fn new(wal: &Wal, pin: usize) -> Self {
        Self { wal: wal.clone(), pin, file: wal.file_reader(), buffer: Vec::new() }
    }

    /// Calls `visit` with the bytes of each batch in turn.
    pub(super) fn each(
        &mut self,
        batches: &[TailBatch],
        mut visit: impl FnMut(&[u8]) -> Result<(), WorkError>,
    ) -> Result<(), WorkError> {
        // One pin serves all: positions rise from batch to batch (LOG-3), and what is in memory is used
        // from there. Nothing above the covered part is reused, so this pin, unlike a shard's, holds
        // nobody up while the disk writes.
        let mut pinned = None;
        let mut rest = batches.iter();
        while let Some(batch) = rest.as_slice().first() {
            if pinned.is_none() {
                pinned = self.wal.pin(self.pin, batch.lsn);
            }
            let in_memory = |batch: &TailBatch| {
                pinned.as_ref().and_then(|pin| pin.bytes(batch.lsn, batch.len as usize))
            };
            // Other partitions' batches lie between this one and the next.
            let next = rest.as_slice().get(1).and_then(in_memory);
            next.into_iter().for_each(caches::prefetch);
            let in_memory = in_memory(batch);
            if let Some(bytes) = in_memory {
                visit(bytes)?;
            } else {
                self.buffer.resize(batch.len as usize, 0);
                let run = || run_end(rest.clone().map(TailBatch::part));
                let read = self.file.read_into(batch.lsn, &mut self.buffer, run);
                read.map_err(LoadError::Ring)?;
                visit(&self.buffer)?;
            }
            rest.next();
        }
        Ok(())
    }
}

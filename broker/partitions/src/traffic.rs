//! Bytes a topic took in and gave out.
//!
//! Counted by whoever serves clients and shown by whoever surveys topics. The counts live and die with
//! the hosted topic, so that topics made and deleted leave nothing behind.

use std::sync::atomic::{AtomicU64, Ordering};

/// See the module's documentation. Counts begin at 0 with each start of the broker.
#[derive(Debug, Default)]
pub struct TopicTraffic {
    /// Of appended batches.
    pub produced: ByteCount,
    /// Of batches fetched from ring memory.
    pub fetched_ring: ByteCount,
    /// Of batches fetched from files.
    pub fetched_file: ByteCount,
}

/// A number of bytes that only grows. Threads share it.
#[derive(Debug, Default)]
pub struct ByteCount(AtomicU64);

impl ByteCount {
    pub fn increment(&self, bytes: u64) {
        // Nothing is ordered by it.
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

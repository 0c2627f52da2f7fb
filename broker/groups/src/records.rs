//! The records of `__consumer_offsets`, byte for byte as Kafka writes and reads them.
//!
//! A key begins with the number of its kind, a value with its version. Tools read the topic, so
//! nothing of ours is added. Versions newer than we know are refused by name; kinds that we do not
//! know are skipped by the machine.

pub(crate) mod codec;
pub(crate) mod consumer;
pub mod group_metadata;
pub mod offset_commit;

use broker_coordinator::Record;

/// Largest record of a group: it fits into the smallest ring's largest batch. As a group's record
/// some 10,000 members of ordinary consumers.
pub(crate) const RECORD_BYTES_MAX: u64 = (2 << 20) - (64 << 10);

/// The kind of a record: the number its key begins with.
#[must_use]
pub fn kind(record: &Record) -> Option<i16> {
    record.key.first_chunk::<2>().map(|kind| i16::from_be_bytes(*kind))
}

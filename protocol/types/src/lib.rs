//! Domain types shared by every layer. No I/O, no wire encoding, no dependencies.
//!
//! Each domain number has its own type, so that an offset is never mistaken for a position in the
//! ring. "Absent" is `Option`, never −1: sentinels exist on the wire only.

mod api_key;
mod codec;
mod error_code;
mod ids;
mod policy;
mod position;
mod time;
pub mod topic_name;
mod uuid_text;

pub use api_key::ApiKey;
pub use codec::Codec;
pub use error_code::ErrorCode;
pub use ids::{BrokerId, LocalId, PartitionIndex, TopicId, TopicPartition};
pub use policy::{FlushPolicy, IsolationLevel, TimestampType};
pub use position::{LeaderEpoch, Lsn, Offset, ProducerEpoch, ProducerId, Sequence};
pub use time::{Instant, Timestamp};
pub use uuid_text::UuidText;

/// `usize` from a `u64` that is a length in memory. Lossless on the 64-bit targets we build for.
#[must_use]
pub const fn to_usize(n: u64) -> usize {
    const _: () = assert!(usize::BITS == 64, "Ringtide is built for 64-bit targets");
    #[expect(clippy::cast_possible_truncation, reason = "usize has 64 bits, asserted above")]
    let n = n as usize;
    n
}

//! Where a coordinator's records are kept: one partition of its topic for each shard.
//!
//! The runtime asks for little: append a batch, tell what is durable, read from the log start,
//! raise it. `broker/partitions` provides it over the ring; tests over memory.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use protocol_types::{Lsn, Offset, Timestamp};

use crate::machine::{Record, ReplayError};
use crate::routing::ShardIndex;

/// A batch that was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Offset of its first record.
    pub base: Offset,
    /// It is durable once the log's durable position has reached this.
    pub end: Lsn,
}

/// Why a batch was not appended; nothing was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendRefusal {
    /// Later there will be room: wait for [`CoordinatorLog::moved`].
    #[error("the log has no room now")]
    NoRoom,
    /// There will never be room for it.
    #[error("the batch is larger than the log takes")]
    TooLarge,
    /// The partition is not here, or the broker stops.
    #[error("the partition is gone")]
    Gone,
}

/// Why a shard could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadRefusal {
    #[error("the partition is gone")]
    Gone,
    #[error("the log cannot be read: {0}")]
    Read(String),
    #[error("a record at offset {} cannot be understood: {error}", offset.0)]
    Record { offset: Offset, error: ReplayError },
}

/// What loading a shard read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub bytes: u64,
    /// Where the next record goes.
    pub end: Offset,
}

/// Resolves when something moved in the log since it was asked for.
pub type Moved<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// See the module documentation.
pub trait CoordinatorLog: Send + Sync + Debug + 'static {
    /// Shards there are: partitions of the topic; 0 while it does not exist.
    fn shards(&self) -> u32;

    /// The largest record that is sure to fit into a batch, by [`Record::size`].
    fn record_bytes_max(&self) -> u64;

    /// Appends `records` as one batch, in the order of the calls of a shard.
    ///
    /// # Errors
    /// When there is no room or no partition.
    fn append(
        &self,
        shard: ShardIndex,
        now: Timestamp,
        records: &[Record],
    ) -> Result<Placed, AppendRefusal>;

    /// Everything that ends at or below it is on stable storage.
    fn durable(&self) -> Lsn;

    /// Resolves when the durable position or the room may have changed since the last call of this
    /// function resolved. One waiter; spurious returns are allowed.
    fn moved(&self) -> Moved<'_>;

    /// Visits every record from the log start on, in order, with the time it was appended. Blocks.
    ///
    /// # Errors
    /// When the log cannot be read, or `visit` refuses a record.
    fn load(
        &self,
        shard: ShardIndex,
        visit: &mut dyn FnMut(&Record, Timestamp) -> Result<(), ReplayError>,
    ) -> Result<Loaded, LoadRefusal>;

    /// Gives up every record below `to`, which is durable. What cannot be given up now stays until
    /// the next call.
    fn raise_log_start(&self, shard: ShardIndex, to: Offset);
}

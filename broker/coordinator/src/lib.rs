//! Coordinators: pure machines whose decisions are records, and the runtime that makes them true.
//!
//! A [`Machine`] decides (request → records and replies), the runtime appends the records of each
//! decision as one batch, lets the machine replay them, and withholds every reply until all that
//! its shard appended so far is durable. So state may run ahead of the disk and nobody sees it; no
//! rollback is needed, as an append cannot fail once its room is taken and a dead ring ends the
//! process. One shard stands behind each partition of the coordinator's topic. This crate knows no
//! group and no transaction, no wire type and no ring.

mod coordinator;
mod error;
mod log;
mod machine;
mod metrics;
mod reappend;
mod replies;
mod routing;
mod shard;
pub mod testing;

pub use coordinator::{Coordinator, MakeMachine, Parts};
pub use error::CoordinatorError;
pub use log::{AppendRefusal, CoordinatorLog, LoadRefusal, Loaded, Moved, Placed};
pub use machine::{Cursor, Machine, Now, Origin, Outcome, Record, ReplayError, Token};
pub use routing::{ShardIndex, shard_of};

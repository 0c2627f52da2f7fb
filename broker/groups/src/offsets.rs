//! Offsets that groups committed: OffsetCommit, OffsetFetch, OffsetDelete, and expiry.
//!
//! Offsets change in replay only; everything else here reads them and yields records. Whether
//! somebody may commit, fetch or delete is the group's word.

mod commit;
mod delete;
mod expiry;
mod fetch;
mod request;
mod store;

pub use request::{
    Commit, CommitPartition, CommitReply, Committed, Delete, DeleteReply, Fetch, FetchReply,
    FetchTopics, PerPartition,
};
pub use store::Offsets;

pub(crate) use commit::commit;
pub(crate) use delete::delete;
pub(crate) use expiry::expire;
pub(crate) use fetch::fetch;

#[cfg(test)]
mod tests;

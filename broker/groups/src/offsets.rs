//! Offsets that groups committed: OffsetCommit, OffsetFetch, OffsetDelete, and expiry.
//!
//! Offsets change in replay only. Whether somebody may commit, fetch or delete is the group's word.

mod request;

pub use request::{
    Commit, CommitPartition, CommitReply, Committed, Delete, DeleteReply, Fetch, FetchReply,
    FetchTopics, PerPartition,
};

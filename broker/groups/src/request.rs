//! What is asked of groups, and the answers, one for each request.

use crate::offsets;

/// A request to the shard of its group.
#[derive(Clone, Debug)]
pub enum Request {
    OffsetCommit(offsets::Commit),
    OffsetFetch(offsets::Fetch),
    OffsetDelete(offsets::Delete),
}

/// The answer to the request of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    OffsetCommit(offsets::CommitReply),
    OffsetFetch(offsets::FetchReply),
    OffsetDelete(offsets::DeleteReply),
}

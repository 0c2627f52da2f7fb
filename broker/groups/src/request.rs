//! What is asked of groups, and the answers, one for each request.

use crate::group::GroupId;
use crate::{consumer, offsets};

/// A request to the shard of its group.
#[derive(Clone, Debug)]
pub enum Request {
    OffsetCommit(offsets::Commit),
    OffsetFetch(offsets::Fetch),
    OffsetDelete(offsets::Delete),
    ConsumerHeartbeat(Box<consumer::Heartbeat>),
    ConsumerDescribe(GroupId),
}

/// The answer to the request of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    OffsetCommit(offsets::CommitReply),
    OffsetFetch(offsets::FetchReply),
    OffsetDelete(offsets::DeleteReply),
    ConsumerHeartbeat(Result<consumer::Beat, consumer::Refusal>),
    ConsumerDescribe(Result<consumer::Described, consumer::Refusal>),
}

//! What is asked of groups, and the answers, one for each request.

use std::sync::Arc;

use protocol_types::{ErrorCode, PartitionIndex};

use crate::group::GroupId;
use crate::{classic, consumer, offsets};

/// A request to the shard of its group.
#[derive(Clone, Debug)]
pub enum Request {
    Join(classic::Join),
    Sync(classic::Sync),
    Heartbeat(classic::Heartbeat),
    Leave(classic::Leave),
    /// ListGroups: all groups of the shard that a filter lets through.
    List(GroupFilter),
    /// DescribeGroups, for groups of this shard.
    Describe(Vec<GroupId>),
    /// DeleteGroups, for groups of this shard.
    Delete(Vec<GroupId>),
    OffsetCommit(offsets::Commit),
    OffsetFetch(offsets::Fetch),
    OffsetDelete(offsets::Delete),
    ConsumerHeartbeat(Box<consumer::Heartbeat>),
    ConsumerDescribe(GroupId),
    /// What metrics show of every group of the shard.
    Survey,
}

/// The answer to the request of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Join(classic::JoinReply),
    Sync(classic::SyncReply),
    Heartbeat(ErrorCode),
    Leave(classic::LeaveReply),
    List(Vec<ListedGroup>),
    /// In the order of the request.
    Describe(Vec<Result<classic::Described, NotClassic>>),
    /// In the order of the request.
    Delete(Vec<ErrorCode>),
    OffsetCommit(offsets::CommitReply),
    OffsetFetch(offsets::FetchReply),
    OffsetDelete(offsets::DeleteReply),
    ConsumerHeartbeat(Result<consumer::Beat, consumer::Refusal>),
    ConsumerDescribe(Result<consumer::Described, consumer::Refusal>),
    Survey(Vec<Surveyed>),
}

/// Why a group is not described as a classic one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotClassic {
    Missing,
    /// It is of another protocol, whose members are asked for by a request of their own.
    OtherType,
}

/// What metrics show of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    pub id: GroupId,
    pub state: &'static str,
    pub members: u32,
    /// Generations of a classic group; how often the epoch of a consumer group rose.
    pub rebalances: u32,
    /// Committed offsets.
    pub offsets: Vec<(Arc<str>, PartitionIndex, i64)>,
}

/// Which groups ListGroups asks for. States and types are compared without regard to case; an empty
/// list lets everything through (trap 82).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFilter {
    pub states: Vec<String>,
    pub types: Vec<String>,
}

/// A group in the answer to ListGroups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedGroup {
    pub id: GroupId,
    pub protocol_type: Arc<str>,
    pub state: &'static str,
    /// `Classic` or `Consumer`, as tools show it.
    pub kind: &'static str,
}

//! Requests about offsets and their answers, without the wire's sentinels.

use std::sync::Arc;

use protocol_types::{ErrorCode, LeaderEpoch, PartitionIndex, Timestamp, TopicId};

use crate::group::GroupId;

/// Something for each partition of each topic, in the order of the request.
pub type PerPartition<T> = Vec<(Arc<str>, Vec<(PartitionIndex, T)>)>;

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// As the client sent it: Kafka keeps negative ones, too.
    pub offset: i64,
    pub leader_epoch: Option<LeaderEpoch>,
    /// Empty where the client sent none.
    pub metadata: Arc<str>,
    pub committed_at: Timestamp,
    /// A time of its own to expire at (OffsetCommit v2 to v4).
    pub expires_at: Option<Timestamp>,
    /// The topic it was committed for; `None` where whoever wrote it did not know.
    pub topic_id: Option<TopicId>,
}

/// OffsetCommit for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitPartition {
    /// As the client sent it: Kafka keeps negative ones, too.
    pub offset: i64,
    pub leader_epoch: Option<LeaderEpoch>,
    pub metadata: Arc<str>,
    pub topic_id: Option<TopicId>,
}

/// OffsetCommit. Partitions that do not exist were taken out and answered before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub group: GroupId,
    pub member: Arc<str>,
    pub instance: Option<Arc<str>>,
    /// Generation or member epoch; `None` where it is negative.
    pub generation: Option<u32>,
    /// How long the offsets are kept, if the request says so (v2 to v4).
    pub retention_ms: Option<u64>,
    /// From v9 on an unknown group is GROUP_ID_NOT_FOUND, before that ILLEGAL_GENERATION.
    pub knows_group_not_found: bool,
    pub topics: PerPartition<CommitPartition>,
}

/// An error for the whole request, or one for each partition.
pub type CommitReply = Result<PerPartition<ErrorCode>, ErrorCode>;

/// Which offsets are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchTopics {
    All,
    These(Vec<(Arc<str>, Vec<PartitionIndex>)>),
}

/// OffsetFetch for one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    pub group: GroupId,
    /// v9: who asks, if it is a member of a consumer group.
    pub member: Option<Arc<str>>,
    pub member_epoch: Option<u32>,
    /// Offsets that a transaction under way may still change are refused (trap 65).
    pub require_stable: bool,
    pub topics: FetchTopics,
}

/// Every partition asked for has an entry; `None` where nothing was committed (trap 63).
pub type FetchReply = Result<PerPartition<Result<Option<Committed>, ErrorCode>>, ErrorCode>;

/// OffsetDelete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    pub group: GroupId,
    pub topics: Vec<(Arc<str>, Vec<PartitionIndex>)>,
}

/// An error for the whole request, or one for each partition.
pub type DeleteReply = Result<PerPartition<ErrorCode>, ErrorCode>;

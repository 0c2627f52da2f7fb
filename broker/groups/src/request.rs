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
    Describe(DescribeGroup),
    Delete(DeleteGroup),
    OffsetCommit(offsets::Commit),
    OffsetFetch(offsets::Fetch),
    OffsetDelete(offsets::Delete),
    ConsumerHeartbeat(Box<consumer::Heartbeat>),
    ConsumerDescribe(DescribeConsumerGroup),
    Survey(SurveyGroups),
}

/// DescribeGroups, for one group.
#[derive(Clone, Debug)]
pub struct DescribeGroup(pub GroupId);

/// DeleteGroups, for one group.
#[derive(Clone, Debug)]
pub struct DeleteGroup(pub GroupId);

/// ConsumerGroupDescribe, for one group.
#[derive(Clone, Debug)]
pub struct DescribeConsumerGroup(pub GroupId);

/// What metrics show of every group of the shard.
#[derive(Clone, Copy, Debug)]
pub struct SurveyGroups;

/// The answer to the request of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Join(classic::JoinReply),
    Sync(classic::SyncReply),
    Heartbeat(ErrorCode),
    Leave(classic::LeaveReply),
    List(Vec<ListedGroup>),
    Describe(Result<classic::Described, NotClassic>),
    Delete(ErrorCode),
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

/// A request together with the type of its answer.
pub trait Ask {
    type Answer;

    fn request(self) -> Request;

    /// The answer that stands in `reply`; `None` if that is a reply to something else.
    fn answer(reply: Reply) -> Option<Self::Answer>;
}

macro_rules! asks {
    ($($kind:ident: $ask:ty => $answer:ty;)*) => {$(
        impl Ask for $ask {
            type Answer = $answer;

            fn request(self) -> Request {
                Request::$kind(self)
            }

            fn answer(reply: Reply) -> Option<$answer> {
                match reply {
                    Reply::$kind(answer) => Some(answer),
                    _ => None,
                }
            }
        }
    )*};
}

asks! {
    Join: classic::Join => classic::JoinReply;
    Sync: classic::Sync => classic::SyncReply;
    Heartbeat: classic::Heartbeat => ErrorCode;
    Leave: classic::Leave => classic::LeaveReply;
    List: GroupFilter => Vec<ListedGroup>;
    Describe: DescribeGroup => Result<classic::Described, NotClassic>;
    Delete: DeleteGroup => ErrorCode;
    OffsetCommit: offsets::Commit => offsets::CommitReply;
    OffsetFetch: offsets::Fetch => offsets::FetchReply;
    OffsetDelete: offsets::Delete => offsets::DeleteReply;
    ConsumerHeartbeat: Box<consumer::Heartbeat> => Result<consumer::Beat, consumer::Refusal>;
    ConsumerDescribe: DescribeConsumerGroup => Result<consumer::Described, consumer::Refusal>;
    Survey: SurveyGroups => Vec<Surveyed>;
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

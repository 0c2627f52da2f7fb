//! OffsetFetch: the positions of one group, or of several from version 8 on.
//!
//! Every partition asked for has an entry, also of an unknown group (trap 63); null topics mean all
//! of them, an empty list none (trap 64).

use std::sync::Arc;

use broker_groups::offsets::{Committed, Fetch, FetchReply, FetchTopics};
use protocol_types::{ErrorCode, LeaderEpoch, PartitionIndex};
use protocol_wire::messages::{
    GroupId, OffsetFetchRequest, OffsetFetchResponse,
    offset_fetch_request::OffsetFetchRequestGroup,
    offset_fetch_response::{
        OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
        OffsetFetchResponseTopic, OffsetFetchResponseTopics,
    },
};

use super::{
    room::Room,
    wire_names::{partition_index, text, topic_name},
};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// From this version on several groups are asked for at once (KIP-709).
const FIRST_GROUPS: i16 = 8;
/// From this version on the answer carries an error for the whole group.
const FIRST_GROUP_ERROR: i16 = 2;
/// From this version on an answer names the leader epoch.
const FIRST_LEADER_EPOCH: i16 = 5;

/// A topic name and the partitions asked for, by the wire's numbers.
type AskedTopic<'a> = (&'a str, &'a [i32]);

/// One group's question, whatever the version.
struct Asked<'a> {
    group: &'a str,
    member: Option<&'a str>,
    member_epoch: i32,
    topics: Option<Vec<AskedTopic<'a>>>,
}

/// One partition's answer.
type Entry = (i32, Result<Option<Committed>, ErrorCode>);

/// The topics of one group's answer, in the order of the request.
type Answer = Result<Vec<(Arc<str>, Vec<Entry>)>, ErrorCode>;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<OffsetFetchRequest>,
) -> OffsetFetchResponse {
    let wire = request.request();
    if context.version < FIRST_GROUPS {
        let topics = wire.topics.as_ref().map(|topics| {
            topics.iter().map(|topic| (&**topic.name, &topic.partition_indexes[..])).collect()
        });
        let group = &**wire.group_id;
        let asked = Asked { group, member: None, member_epoch: -1, topics };
        let answer = answer(&context, &request, &asked).await;
        return single(&context, &asked, answer);
    }
    let mut groups = Vec::with_capacity(wire.groups.len());
    let mut room = Room::of(&context);
    for group in &wire.groups {
        let answer = match room.check() {
            Ok(()) => answer(&context, &request, &of_group(group)).await,
            Err(refusal) => Err(refusal.code),
        };
        let answer = group_answer(&context, &group.group_id, answer);
        room.take(&answer);
        groups.push(answer);
    }
    OffsetFetchResponse::default().with_groups(groups)
}

fn of_group(group: &OffsetFetchRequestGroup) -> Asked<'_> {
    let topics = group.topics.as_ref().map(|topics| {
        topics.iter().map(|topic| (&**topic.name, &topic.partition_indexes[..])).collect()
    });
    Asked {
        group: &group.group_id,
        member: group.member_id.as_deref(),
        member_epoch: group.member_epoch,
        topics,
    }
}

async fn answer(
    context: &RequestContext,
    request: &Authorized<OffsetFetchRequest>,
    asked: &Asked<'_>,
) -> Answer {
    if !request.allows(Resource::Group(asked.group)) {
        return Err(ErrorCode::GroupAuthorizationFailed);
    }
    let may_see = |topic: &str| request.allows(Resource::Topic(topic));
    let fetch = Fetch {
        group: Arc::from(asked.group),
        member: asked.member.map(Arc::from),
        member_epoch: u32::try_from(asked.member_epoch).ok(),
        require_stable: request.request().require_stable,
        topics: match &asked.topics {
            None => FetchTopics::All,
            Some(topics) => FetchTopics::These(visible(topics, may_see)),
        },
    };
    let mut known = entries(context.broker.ask_group(asked.group, fetch).await?)?;
    let Some(topics) = &asked.topics else {
        known.retain(|(topic, _)| may_see(topic));
        return Ok(known);
    };
    let mut known = known.into_iter();
    let answers = topics.iter().map(|(topic, partitions)| {
        if !may_see(topic) {
            let refused = |index: &i32| (*index, Err(ErrorCode::TopicAuthorizationFailed));
            return (Arc::from(*topic), partitions.iter().map(refused).collect());
        }
        let (name, answers) = known.next().unwrap_or_else(|| (Arc::from(*topic), Vec::new()));
        (name, in_order(partitions, answers))
    });
    Ok(answers.collect())
}

/// The topics that may be asked for, without numbers that no partition has.
fn visible(
    topics: &[AskedTopic<'_>],
    may_see: impl Fn(&str) -> bool,
) -> Vec<(Arc<str>, Vec<PartitionIndex>)> {
    let visible = topics.iter().filter(|(topic, _)| may_see(topic));
    visible
        .map(|(topic, partitions)| {
            let indexes = partitions.iter().filter_map(|index| partition_index(*index));
            (Arc::from(*topic), indexes.collect())
        })
        .collect()
}

fn entries(reply: FetchReply) -> Answer {
    let topics = reply?.into_iter().map(|(topic, partitions)| {
        let partitions = partitions.into_iter();
        let entries = partitions.map(|(index, entry)| (index.0.cast_signed(), entry));
        (topic, entries.collect())
    });
    Ok(topics.collect())
}

/// Puts back the numbers that were left out.
fn in_order(asked: &[i32], answers: Vec<Entry>) -> Vec<Entry> {
    let mut answers = answers.into_iter();
    let entry = |index: &i32| {
        if *index < 0 { (*index, Ok(None)) } else { answers.next().unwrap_or((*index, Ok(None))) }
    };
    asked.iter().map(entry).collect()
}

fn group_answer(
    context: &RequestContext,
    id: &GroupId,
    answer: Answer,
) -> OffsetFetchResponseGroup {
    let group = OffsetFetchResponseGroup::default().with_group_id(id.clone());
    match answer {
        Err(code) => group.with_error_code(context.error(code)),
        Ok(topics) => group.with_topics(
            topics
                .into_iter()
                .map(|(topic, partitions)| {
                    let partitions = partitions.into_iter().map(|(index, entry)| {
                        let entry = Fields::of(context, entry);
                        OffsetFetchResponsePartitions::default()
                            .with_partition_index(index)
                            .with_committed_offset(entry.offset)
                            .with_committed_leader_epoch(entry.leader_epoch)
                            .with_metadata(Some(text(&entry.metadata)))
                            .with_error_code(entry.error)
                    });
                    OffsetFetchResponseTopics::default()
                        .with_name(topic_name(&topic))
                        .with_partitions(partitions.collect())
                })
                .collect(),
        ),
    }
}

/// The answer of versions for one group.
fn single(context: &RequestContext, asked: &Asked<'_>, answer: Answer) -> OffsetFetchResponse {
    let response = OffsetFetchResponse::default();
    let topics = match answer {
        Ok(topics) => topics,
        Err(code) if context.version >= FIRST_GROUP_ERROR => {
            return response.with_error_code(context.error(code));
        }
        Err(code) => refused(asked, code),
    };
    let topics = topics.into_iter().map(|(topic, partitions)| {
        let partitions = partitions.into_iter().map(|(index, entry)| {
            let entry = Fields::of(context, entry);
            let answer = OffsetFetchResponsePartition::default()
                .with_partition_index(index)
                .with_committed_offset(entry.offset)
                .with_metadata(Some(text(&entry.metadata)))
                .with_error_code(entry.error);
            if context.version >= FIRST_LEADER_EPOCH {
                return answer.with_committed_leader_epoch(entry.leader_epoch);
            }
            answer
        });
        OffsetFetchResponseTopic::default()
            .with_name(topic_name(&topic))
            .with_partitions(partitions.collect())
    });
    response.with_topics(topics.collect())
}

/// Every partition is told what is wrong with the group.
fn refused(asked: &Asked<'_>, code: ErrorCode) -> Vec<(Arc<str>, Vec<Entry>)> {
    let topics = asked.topics.iter().flatten().map(|(topic, partitions)| {
        (Arc::from(*topic), partitions.iter().map(|index| (*index, Err(code))).collect())
    });
    topics.collect()
}

/// A partition's answer in the wire's terms.
struct Fields {
    offset: i64,
    leader_epoch: i32,
    metadata: Arc<str>,
    error: i16,
}

impl Fields {
    fn of(context: &RequestContext, entry: Result<Option<Committed>, ErrorCode>) -> Self {
        let none = Self { offset: -1, leader_epoch: -1, metadata: Arc::default(), error: 0 };
        match entry {
            Ok(None) => none,
            Ok(Some(committed)) => Self {
                offset: committed.offset,
                leader_epoch: committed.leader_epoch.map_or(-1, LeaderEpoch::to_wire),
                metadata: committed.metadata,
                error: 0,
            },
            Err(code) => Self { error: context.error(code), ..none },
        }
    }
}

#[cfg(test)]
mod tests;

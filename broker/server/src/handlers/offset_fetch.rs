//! OffsetFetch: the positions of one group, or of several from version 8 on.
//!
//! Every partition asked for has an entry, also of an unknown group (trap 63); null topics mean all
//! of them, an empty list none (trap 64).

mod answer;

use std::sync::Arc;

use broker_groups::offsets::{Committed, Fetch, FetchReply, FetchTopics};
use broker_metadata::Image;
use protocol_types::{ErrorCode, PartitionIndex, TopicId};
use protocol_wire::messages::{
    OffsetFetchRequest, OffsetFetchResponse, offset_fetch_request::OffsetFetchRequestGroup,
};

use self::answer::{Answer, Entry, Found, group_answer, single};
use super::{
    room::Room,
    topics_by_id::{FIRST_TOPIC_IDS, name_of},
    wire_names::partition_index,
};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// From this version on several groups are asked for at once (KIP-709).
const FIRST_GROUPS: i16 = 8;

/// A topic and the partitions of it that are asked for, by the wire's numbers.
#[derive(Debug)]
struct AskedTopic<'a> {
    /// `None` where its id is that of no topic.
    name: Option<&'a str>,
    /// As it stands in the request; `None` before version 10.
    id: Option<TopicId>,
    partitions: &'a [i32],
}

/// What the group answers, by topic.
type Known = Vec<(Arc<str>, Vec<Entry>)>;

/// One group's question, whatever the version.
#[derive(Debug)]
struct Asked<'a> {
    group: &'a str,
    member: Option<&'a str>,
    member_epoch: i32,
    topics: Option<Vec<AskedTopic<'a>>>,
}

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<OffsetFetchRequest>,
) -> OffsetFetchResponse {
    let wire = request.request();
    let image = context.broker.image();
    if context.version < FIRST_GROUPS {
        let asked = of_request(wire);
        let answer = answer(&context, &request, &image, &asked).await;
        return single(&context, &asked, answer);
    }
    let mut groups = Vec::with_capacity(wire.groups.len());
    let mut room = Room::of(&context);
    for group in &wire.groups {
        let answer = match room.check() {
            Ok(()) => {
                let asked = of_group(&image, context.version, group);
                answer(&context, &request, &image, &asked).await
            }
            Err(refusal) => Err(refusal.code),
        };
        let answer = group_answer(&context, &group.group_id, answer);
        room.take(&answer);
        groups.push(answer);
    }
    OffsetFetchResponse::default().with_groups(groups)
}

fn of_request(request: &OffsetFetchRequest) -> Asked<'_> {
    let topics = request.topics.as_ref().map(|topics| {
        let topics = topics.iter().map(|topic| AskedTopic {
            name: Some(&topic.name),
            id: None,
            partitions: &topic.partition_indexes,
        });
        topics.collect()
    });
    Asked { group: &request.group_id, member: None, member_epoch: -1, topics }
}

fn of_group<'a>(image: &'a Image, version: i16, group: &'a OffsetFetchRequestGroup) -> Asked<'a> {
    let topics = group.topics.as_ref().map(|topics| {
        let topics = topics.iter().map(|topic| AskedTopic {
            name: name_of(image, version, &topic.name, topic.topic_id),
            id: (version >= FIRST_TOPIC_IDS).then(|| TopicId(topic.topic_id.into_bytes())),
            partitions: &topic.partition_indexes,
        });
        topics.collect()
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
    image: &Image,
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
    let known = entries(context.broker.ask_group(asked.group, fetch).await?)?;
    Ok(match &asked.topics {
        Some(topics) => these(topics, known, may_see),
        None => all(known, may_see, (context.version >= FIRST_TOPIC_IDS).then_some(image)),
    })
}

/// Why a topic cannot be asked for.
fn refusal(topic: &AskedTopic<'_>, may_see: impl Fn(&str) -> bool) -> Option<ErrorCode> {
    match topic.name {
        None => Some(ErrorCode::UnknownTopicId),
        Some(name) => (!may_see(name)).then_some(ErrorCode::TopicAuthorizationFailed),
    }
}

/// The topics that may be asked for, without numbers that no partition has.
fn visible(
    topics: &[AskedTopic<'_>],
    may_see: impl Fn(&str) -> bool,
) -> Vec<(Arc<str>, Vec<PartitionIndex>)> {
    let visible = topics.iter().filter(|topic| refusal(topic, &may_see).is_none());
    let visible = visible.filter_map(|topic| {
        let indexes = topic.partitions.iter().filter_map(|index| partition_index(*index));
        Some((Arc::from(topic.name?), indexes.collect()))
    });
    visible.collect()
}

fn entries(reply: FetchReply) -> Result<Known, ErrorCode> {
    let topics = reply?.into_iter().map(|(topic, partitions)| {
        let partitions = partitions.into_iter();
        let entries = partitions.map(|(index, entry)| (index.0.cast_signed(), entry));
        (topic, entries.collect())
    });
    Ok(topics.collect())
}

/// An answer for each topic asked for, in the order of the request; `known` are those of the
/// visible ones.
fn these(topics: &[AskedTopic<'_>], known: Known, may_see: impl Fn(&str) -> bool) -> Vec<Found> {
    let mut known = known.into_iter();
    let found = topics.iter().map(|topic| {
        let partitions = match refusal(topic, &may_see) {
            Some(code) => topic.partitions.iter().map(|index| (*index, Err(code))).collect(),
            None => {
                let (_, mut entries) = known.next().unwrap_or_default();
                for (_, entry) in &mut entries {
                    *entry = entry.clone().map(|found| found.filter(|it| is_of(topic.id, it)));
                }
                in_order(topic.partitions, entries)
            }
        };
        let name = topic.name.map_or_else(Arc::default, Arc::from);
        Found { name, id: topic.id, partitions }
    });
    found.collect()
}

/// Every topic that may be seen; where topics are known by their `ids`, only those that have one.
fn all(known: Known, may_see: impl Fn(&str) -> bool, ids: Option<&Image>) -> Vec<Found> {
    let visible = known.into_iter().filter(|(topic, _)| may_see(topic));
    let found = visible.filter_map(|(name, mut partitions)| {
        let Some(image) = ids else { return Some(Found { name, id: None, partitions }) };
        let id = Some(image.topic(&name)?.id);
        partitions.retain(|(_, entry)| !matches!(entry, Ok(Some(it)) if !is_of(id, it)));
        (!partitions.is_empty()).then_some(Found { name, id, partitions })
    });
    found.collect()
}

/// Whether an offset may be told under `id`. The group compares it with the topic that has the name
/// now, which can have been made after `id` was looked up.
fn is_of(id: Option<TopicId>, committed: &Committed) -> bool {
    match (id, committed.topic_id) {
        (Some(id), Some(of)) => id == of,
        _ => true,
    }
}

/// Puts back the numbers that were left out.
fn in_order(asked: &[i32], answers: Vec<Entry>) -> Vec<Entry> {
    let mut answers = answers.into_iter();
    let entry = |index: &i32| {
        if *index < 0 { (*index, Ok(None)) } else { answers.next().unwrap_or((*index, Ok(None))) }
    };
    asked.iter().map(entry).collect()
}

#[cfg(test)]
mod tests;

//! DescribeTopicPartitions: topics and their partitions, page by page (KIP-966).

use std::collections::BTreeSet;

use broker_controller::commands::topic_name as names;
use broker_metadata::{Image, TopicImage};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    describe_topic_partitions_response::{
        Cursor, DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
    },
};

use super::wire_names::{broker_id, topic_name, uuid};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// Most partitions in one answer: `max.request.partition.size.limit`.
const PARTITIONS_MAX: usize = 2_000;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DescribeTopicPartitionsRequest>,
) -> DescribeTopicPartitionsResponse {
    let image = context.broker.image();
    let asked = request.request();
    let error = |code| context.error(code);
    let Some(start) = Start::of(asked) else { return invalid(asked, error) };

    let topics = topics(asked, &image, &start);
    let allowed = |name: &String| request.allows(Resource::Topic(name));
    let (allowed, refused): (Vec<_>, Vec<_>) = topics.into_iter().partition(allowed);
    let limit = usize::try_from(asked.response_partition_limit).unwrap_or(0);
    let mut page = Page {
        image: &image,
        start: &start,
        // Whoever asks for all topics is not told about those that went meanwhile.
        skip_missing: asked.topics.is_empty(),
        left: limit.clamp(1, PARTITIONS_MAX),
        answer: DescribeTopicPartitionsResponse::default(),
    };
    page.fill(&allowed, error);
    let mut answer = page.answer;
    for topic in &mut answer.topics {
        let name = topic.name.as_deref().map_or("", |name| name.as_str());
        let operations = request.session().authorized_operations(Resource::Topic(name));
        topic.topic_authorized_operations = operations;
    }
    if !asked.topics.is_empty() {
        let refused = refused.iter();
        let code = ErrorCode::TopicAuthorizationFailed;
        answer.topics.extend(refused.map(|name| nameless(name, error(code))));
    }
    answer
}

/// Where the page starts.
#[derive(Debug)]
struct Start {
    topic: String,
    partition: usize,
}

impl Start {
    /// `None` if the cursor is not valid for the request.
    fn of(request: &DescribeTopicPartitionsRequest) -> Option<Self> {
        let Some(cursor) = &request.cursor else {
            return Some(Self { topic: String::new(), partition: 0 });
        };
        let listed = request.topics.iter().any(|topic| topic.name == cursor.topic_name);
        if !request.topics.is_empty() && !listed {
            return None;
        }
        let partition = usize::try_from(cursor.partition_index).ok()?;
        Some(Self { topic: cursor.topic_name.to_string(), partition })
    }
}

/// The topics asked for, or all, in the order of their names from the start on.
fn topics(
    request: &DescribeTopicPartitionsRequest,
    image: &Image,
    start: &Start,
) -> BTreeSet<String> {
    let mut topics: BTreeSet<String> = if request.topics.is_empty() {
        image.topics().map(|topic| topic.name.to_string()).collect()
    } else {
        request.topics.iter().map(|topic| topic.name.to_string()).collect()
    };
    topics.split_off(&start.topic)
}

/// One answer in the making.
#[derive(Debug)]
struct Page<'a> {
    image: &'a Image,
    start: &'a Start,
    skip_missing: bool,
    left: usize,
    answer: DescribeTopicPartitionsResponse,
}

impl Page<'_> {
    fn fill(&mut self, topics: &[String], error: impl Fn(ErrorCode) -> i16) {
        for name in topics {
            if self.left == 0 {
                self.continue_at(name, 0);
                return;
            }
            let first = if *name == self.start.topic { self.start.partition } else { 0 };
            match self.image.topic(name) {
                Some(topic) => {
                    if !self.add(topic, first) {
                        return;
                    }
                }
                None if self.skip_missing => {}
                None => {
                    let code = match names::validate(name) {
                        Ok(()) => ErrorCode::UnknownTopicOrPartition,
                        Err(invalid) => invalid.code,
                    };
                    self.answer.topics.push(nameless(name, error(code)));
                }
            }
        }
    }

    /// Adds what fits of a topic from partition `first` on; `false` if that was not all.
    fn add(&mut self, topic: &TopicImage, first: usize) -> bool {
        let partitions: Vec<_> = topic
            .iter()
            .skip(first)
            .take(self.left)
            .map(|(id, partition)| {
                let replicas: Vec<_> =
                    partition.replicas.iter().map(|&replica| broker_id(replica)).collect();
                DescribeTopicPartitionsResponsePartition::default()
                    .with_partition_index(id.partition.0.cast_signed())
                    .with_leader_id(broker_id(partition.leader()))
                    .with_leader_epoch(self.image.leader_epoch(partition).to_wire())
                    .with_replica_nodes(replicas.clone())
                    .with_isr_nodes(replicas)
                    .with_eligible_leader_replicas(Some(Vec::new()))
                    .with_last_known_elr(Some(Vec::new()))
            })
            .collect();
        let next = first + partitions.len();
        self.left -= partitions.len();
        self.answer.topics.push(
            DescribeTopicPartitionsResponseTopic::default()
                .with_name(Some(topic_name(&topic.name)))
                .with_topic_id(uuid(topic.id))
                .with_is_internal(topic.is_internal())
                .with_partitions(partitions),
        );
        let whole = next >= topic.partitions.len();
        if !whole {
            self.continue_at(&topic.name, next);
        }
        whole
    }

    fn continue_at(&mut self, topic: &str, partition: usize) {
        let partition = i32::try_from(partition).unwrap_or(i32::MAX);
        let cursor =
            Cursor::default().with_topic_name(topic_name(topic)).with_partition_index(partition);
        self.answer.next_cursor = Some(cursor);
    }
}

/// A topic of which only an error is told.
fn nameless(name: &str, error_code: i16) -> DescribeTopicPartitionsResponseTopic {
    DescribeTopicPartitionsResponseTopic::default()
        .with_name(Some(topic_name(name)))
        .with_error_code(error_code)
}

fn invalid(
    request: &DescribeTopicPartitionsRequest,
    error: impl Fn(ErrorCode) -> i16,
) -> DescribeTopicPartitionsResponse {
    let topics = request.topics.iter();
    let topics = topics.map(|topic| nameless(&topic.name, error(ErrorCode::InvalidRequest)));
    DescribeTopicPartitionsResponse::default().with_topics(topics.collect())
}

#[cfg(test)]
mod tests;

//! Metadata: brokers, topics and their leaders, as one listener's clients see them.
//!
//! Asking for an unknown topic creates it where broker and client allow that. The answer that
//! creates it says that it is unknown, as Apache Kafka's does; whoever asks again finds it, because
//! the command is done before the answer leaves.

use std::collections::BTreeSet;

use broker_controller::commands::topic_name as names;
use broker_env::HashSet;
use broker_metadata::{Image, TopicImage};
use config::HostPort;
use protocol_types::{ErrorCode, TopicId};
use protocol_wire::messages::{
    MetadataRequest, MetadataResponse,
    metadata_response::{MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic},
};

use super::wire_names::{broker_id, text, topic_id, topic_name, uuid};
use crate::{
    blocking,
    broker::Broker,
    on_demand,
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

/// First version whose null list means "all topics"; before, an empty one does (trap 19).
const FIRST_NULL_IS_ALL: i16 = 1;
/// First version in which a client may forbid creation.
const FIRST_CREATION_FLAG: i16 = 4;
/// Versions that carry authorised operations of the cluster.
const CLUSTER_OPERATIONS: std::ops::RangeInclusive<i16> = 8..=10;
/// First version that carries authorised operations of topics.
const FIRST_TOPIC_OPERATIONS: i16 = 8;

/// A topic as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asked {
    Name(String),
    Id(TopicId),
}

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<MetadataRequest>,
) -> MetadataResponse {
    let asked = asked(request.request(), context.version);
    let image = context.broker.image();
    if let Some(asked) = &asked {
        create_missing(&context, &request, asked, &image).await;
    }
    let view = View { context: &context, request: &request, image: &image };
    let topics = match &asked {
        None => view.all(),
        Some(asked) => asked.iter().map(|asked| view.topic(asked)).collect(),
    };
    let address = context.broker.advertised(&image, request.session().listener);
    let wants_operations = request.request().include_cluster_authorized_operations;
    let mut answer =
        answer(&image, &address, context.broker.config.rack.as_deref()).with_topics(topics);
    if wants_operations && CLUSTER_OPERATIONS.contains(&context.version) {
        answer.cluster_authorized_operations =
            request.session().authorized_operations(Resource::Cluster);
    }
    answer
}

/// The topics asked for, each once; `None` means all. As in Kafka, one id makes names count for nothing: Java's client
/// asks for what its group has assigned to it by an id and an empty name.
fn asked(request: &MetadataRequest, version: i16) -> Option<Vec<Asked>> {
    let topics = request.topics.as_ref()?;
    if topics.is_empty() && version < FIRST_NULL_IS_ALL {
        return None;
    }
    let mut asked: Vec<_> =
        topics.iter().filter_map(|topic| topic_id(topic.topic_id)).map(Asked::Id).collect();
    if asked.is_empty() {
        let named = topics.iter().map(|topic| match &topic.name {
            Some(name) => Asked::Name(name.to_string()),
            None => Asked::Id(TopicId::ZERO),
        });
        asked = named.collect();
    }
    let mut seen = HashSet::default();
    asked.retain(|asked| seen.insert(asked.clone()));
    Some(asked)
}

/// Creates the topics that are asked for by a valid name and do not exist, if that is allowed.
async fn create_missing(
    context: &RequestContext,
    request: &Authorized<MetadataRequest>,
    asked: &[Asked],
    image: &Image,
) {
    let allowed = context.broker.config.auto_create_topics
        && (context.version < FIRST_CREATION_FLAG || request.request().allow_auto_topic_creation);
    if !allowed {
        return;
    }
    let missing = missing(image, asked).into_iter().filter(|name| {
        let session = request.session();
        let resource = Resource::Topic(name);
        request.allows(resource)
            && (session.allows(Operation::Create, Resource::Cluster)
                || session.allows(Operation::Create, resource))
    });
    let groups = &context.broker.config.groups;
    let topics: Vec<_> = missing.filter_map(|name| on_demand::topic(name, groups)).collect();
    if topics.is_empty() {
        return;
    }
    if let Err(error) = blocking::create_on_demand(context, topics).await {
        tracing::warn!(%error, "topics could not be created automatically");
    }
}

fn missing(image: &Image, asked: &[Asked]) -> BTreeSet<String> {
    let names = asked.iter().filter_map(|asked| match asked {
        Asked::Name(name) => Some(name),
        Asked::Id(_) => None,
    });
    names
        .filter(|name| image.topic(name).is_none() && names::validate(name).is_ok())
        .cloned()
        .collect()
}

/// The metadata as one request sees it.
struct View<'a> {
    context: &'a RequestContext,
    request: &'a Authorized<MetadataRequest>,
    image: &'a Image,
}

impl View<'_> {
    fn all(&self) -> Vec<MetadataResponseTopic> {
        let topics = self.image.topics_by_name();
        let visible =
            topics.iter().filter(|topic| self.request.allows(Resource::Topic(&topic.name)));
        visible.map(|topic| self.describe(topic)).collect()
    }

    fn topic(&self, asked: &Asked) -> MetadataResponseTopic {
        let found = match asked {
            Asked::Name(name) => self.image.topic(name),
            Asked::Id(id) => self.image.topic_by_id(*id),
        };
        let answer = MetadataResponseTopic::default();
        match (asked, found) {
            (Asked::Name(name), _) if !self.request.allows(Resource::Topic(name)) => answer
                .with_name(Some(topic_name(name)))
                .with_error_code(self.context.error(ErrorCode::TopicAuthorizationFailed)),
            // Whoever may not see a topic is not told its name.
            (Asked::Id(id), Some(topic)) if !self.request.allows(Resource::Topic(&topic.name)) => {
                answer
                    .with_name(None)
                    .with_topic_id(uuid(*id))
                    .with_error_code(self.context.error(ErrorCode::TopicAuthorizationFailed))
            }
            (_, Some(topic)) => self.describe(topic),
            (Asked::Name(name), None) => answer
                .with_name(Some(topic_name(name)))
                .with_error_code(self.context.error(unknown(name))),
            (Asked::Id(id), None) => answer
                .with_name(None)
                .with_topic_id(uuid(*id))
                .with_error_code(self.context.error(ErrorCode::UnknownTopicId)),
        }
    }

    fn describe(&self, topic: &TopicImage) -> MetadataResponseTopic {
        let mut answer = describe(self.image, topic);
        if self.request.request().include_topic_authorized_operations
            && self.context.version >= FIRST_TOPIC_OPERATIONS
        {
            let resource = Resource::Topic(&topic.name);
            answer.topic_authorized_operations =
                self.request.session().authorized_operations(resource);
        }
        answer
    }
}

/// What is wrong with asking for `name`, which does not exist (trap 20).
fn unknown(name: &str) -> ErrorCode {
    match names::validate(name) {
        Ok(()) => ErrorCode::UnknownTopicOrPartition,
        Err(invalid) => invalid.code,
    }
}

/// A topic, its operations not included: those are asked for apart (trap 26).
fn describe(image: &Image, topic: &TopicImage) -> MetadataResponseTopic {
    let partitions = topic.iter().map(|(id, partition)| {
        let replicas: Vec<_> =
            partition.replicas.iter().map(|&replica| broker_id(replica)).collect();
        MetadataResponsePartition::default()
            .with_partition_index(id.partition.0.cast_signed())
            .with_leader_id(broker_id(partition.leader()))
            .with_leader_epoch(image.leader_epoch(partition).to_wire())
            .with_replica_nodes(replicas.clone())
            .with_isr_nodes(replicas)
    });
    MetadataResponseTopic::default()
        .with_name(Some(topic_name(&topic.name)))
        .with_topic_id(uuid(topic.id))
        .with_is_internal(topic.is_internal())
        .with_partitions(partitions.collect())
}

/// The cluster: this broker alone, which is the controller too.
fn answer(image: &Image, address: &HostPort, rack: Option<&str>) -> MetadataResponse {
    let node = broker_id(image.node());
    let this = MetadataResponseBroker::default()
        .with_node_id(node)
        .with_host(text(&address.host))
        .with_port(address.port.into())
        .with_rack(rack.map(text));
    let cluster = image.cluster().map(|cluster| text(&cluster.to_string()));
    MetadataResponse::default()
        .with_brokers(vec![this])
        .with_cluster_id(cluster)
        .with_controller_id(node)
}

impl Broker {
    /// Where clients of `listener` are told to connect to, run-time changes included.
    pub(crate) fn advertised(&self, image: &Image, listener: usize) -> HostPort {
        let listeners = image.listeners(&self.listeners);
        let listener = listeners.into_iter().nth(listener);
        listener.map_or_else(
            || HostPort { host: String::new(), port: 0 },
            |listener| listener.advertised,
        )
    }
}

#[cfg(test)]
mod tests;

//! CreateTopics: from the wire to the controller's command and back.

use broker_controller::{
    CommandError,
    commands::create_topics::{CreateTopics, CreatedTopic, NewTopic},
};
use config::ConfigEntry;
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    CreateTopicsRequest, CreateTopicsResponse,
    create_topics_request::CreatableTopic,
    create_topics_response::{CreatableTopicConfigs, CreatableTopicResult},
};

use super::wire_names::{message, text, topic_name, uuid};
use crate::{
    blocking,
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

/// The first version whose clients know THROTTLING_QUOTA_EXCEEDED (KIP-599).
const STRICT_QUOTA_SINCE: i16 = 6;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<CreateTopicsRequest>,
) -> CreateTopicsResponse {
    let anywhere = request.allows(Resource::Cluster);
    let (allowed, refused): (Vec<_>, Vec<_>) = request
        .request()
        .topics
        .iter()
        .partition(|topic| anywhere || request.allows(Resource::Topic(&topic.name)));
    let command = CreateTopics {
        topics: allowed.iter().map(|topic| new_topic(topic)).collect(),
        validate_only: request.request().validate_only,
    };
    let names: Vec<String> = command.topics.iter().map(|topic| topic.name.clone()).collect();
    let outcome = match blocking::submit_within(&context, STRICT_QUOTA_SINCE, command).await {
        Ok(outcome) => outcome,
        Err(error) => names.into_iter().map(|name| (name, Err(error.clone()))).collect(),
    };

    let describes =
        |name: &str| request.session().allows(Operation::DescribeConfigs, Resource::Topic(name));
    let unauthorized =
        CommandError::new(ErrorCode::TopicAuthorizationFailed, "Authorization failed.");
    let refused = refused.iter().map(|topic| (topic.name.to_string(), Err(unauthorized.clone())));
    let topics = outcome.into_iter().chain(refused).map(|(name, result)| {
        let describes = describes(&name);
        topic_result(&name, &result, describes, |code| context.error(code))
    });
    CreateTopicsResponse::default().with_topics(topics.collect())
}

/// −1 asks for the broker's default (KIP-464).
fn new_topic(topic: &CreatableTopic) -> NewTopic {
    let brokers = |ids: &[protocol_wire::messages::BrokerId]| ids.iter().map(|id| id.0).collect();
    NewTopic {
        name: topic.name.to_string(),
        partitions: Some(topic.num_partitions).filter(|count| *count != -1),
        replication_factor: Some(topic.replication_factor).filter(|factor| *factor != -1),
        assignments: topic
            .assignments
            .iter()
            .map(|assignment| (assignment.partition_index, brokers(&assignment.broker_ids)))
            .collect(),
        configs: topic
            .configs
            .iter()
            .map(|config| (config.name.to_string(), config.value.as_ref().map(ToString::to_string)))
            .collect(),
    }
}

fn topic_result(
    name: &str,
    result: &Result<CreatedTopic, CommandError>,
    describes: bool,
    error: impl Fn(ErrorCode) -> i16,
) -> CreatableTopicResult {
    let answer = CreatableTopicResult::default().with_name(topic_name(name));
    match result {
        Err(refusal) => {
            answer.with_error_code(error(refusal.code)).with_error_message(message(refusal))
        }
        Ok(created) if describes => answer
            .with_error_message(None)
            .with_topic_id(uuid(created.id))
            .with_num_partitions(created.partitions.cast_signed())
            .with_replication_factor(created.replication_factor.cast_signed())
            .with_configs(Some(created.configs.iter().map(config).collect())),
        Ok(created) => answer
            .with_error_message(None)
            .with_topic_id(uuid(created.id))
            .with_topic_config_error_code(ErrorCode::TopicAuthorizationFailed.to_wire()),
    }
}

fn config(entry: &ConfigEntry) -> CreatableTopicConfigs {
    let value = entry.value.as_deref().filter(|_| !entry.sensitive);
    CreatableTopicConfigs::default()
        .with_name(text(entry.name))
        .with_value(value.map(text))
        .with_read_only(entry.read_only)
        .with_config_source(entry.source.to_wire())
        .with_is_sensitive(entry.sensitive)
}

#[cfg(test)]
mod tests;

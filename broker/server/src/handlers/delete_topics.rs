//! DeleteTopics: by name, and from version 6 also by id.

use broker_controller::{
    CommandError,
    commands::delete_topics::{DeleteTopics, DeletedTopic, TopicRef},
};
use broker_metadata::Image;
use protocol_types::{ErrorCode, TopicId};
use protocol_wire::messages::{
    DeleteTopicsRequest, DeleteTopicsResponse, delete_topics_response::DeletableTopicResult,
};

use super::wire_names::{message, topic_id, topic_name, uuid};
use crate::{
    blocking,
    request::RequestContext,
    security::{Authorized, Operation, Resource},
};

/// The first version whose clients know THROTTLING_QUOTA_EXCEEDED (KIP-599).
const STRICT_QUOTA_SINCE: i16 = 5;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DeleteTopicsRequest>,
) -> DeleteTopicsResponse {
    let image = context.broker.image();
    let (mut topics, mut answers) = (Vec::new(), Vec::new());
    for topic in topic_refs(request.request(), context.version) {
        match refuse(&topic, &image, &request) {
            Some(refusal) => answers.push(refusal),
            None => topics.push(topic),
        }
    }
    let command = DeleteTopics { topics: topics.clone() };
    match blocking::submit_within(&context, STRICT_QUOTA_SINCE, command).await {
        Ok(outcome) => answers.extend(outcome),
        Err(refusal) => answers.extend(topics.into_iter().map(|topic| DeletedTopic {
            name: topic.name,
            id: topic.id,
            result: Err(as_version_knows(refusal.clone(), context.version)),
        })),
    }
    let answers = answers.iter().map(|deleted| result(deleted, |code| context.error(code)));
    DeleteTopicsResponse::default().with_responses(answers.collect())
}

fn topic_refs(request: &DeleteTopicsRequest, version: i16) -> Vec<TopicRef> {
    if version < 6 {
        return request.topic_names.iter().map(|name| TopicRef::by_name(name.as_str())).collect();
    }
    let topics = request.topics.iter();
    topics
        .map(|topic| TopicRef {
            name: topic.name.as_ref().map(|name| name.to_string()),
            id: topic_id(topic.topic_id),
        })
        .collect()
}

/// What a principal may not delete is refused before the controller sees it. Who may not even
/// describe a topic does not learn from the answer whether it exists.
fn refuse(
    topic: &TopicRef,
    image: &Image,
    request: &Authorized<DeleteTopicsRequest>,
) -> Option<DeletedTopic> {
    let known = match (&topic.name, topic.id) {
        (Some(name), None) => Some(name.clone()),
        (None, Some(id)) => image.topic_by_id(id).map(|topic| topic.name.to_string()),
        _ => None,
    };
    let name = known?;
    let describes = request.session().allows(Operation::Describe, Resource::Topic(&name));
    let missing = topic.id.is_none() && image.topic(&name).is_none();
    if describes && (missing || request.allows(Resource::Topic(&name))) {
        return None;
    }
    let error =
        CommandError::new(ErrorCode::TopicAuthorizationFailed, "Topic authorization failed.");
    let shown = Some(name).filter(|_| describes || topic.id.is_none());
    Some(DeletedTopic { name: shown, id: topic.id, result: Err(error) })
}

/// TOPIC_DELETION_DISABLED came with version 3.
fn as_version_knows(error: CommandError, version: i16) -> CommandError {
    if error.code == ErrorCode::TopicDeletionDisabled && version < 3 {
        return CommandError { code: ErrorCode::InvalidRequest, ..error };
    }
    error
}

fn result(deleted: &DeletedTopic, error: impl Fn(ErrorCode) -> i16) -> DeletableTopicResult {
    let answer = DeletableTopicResult::default()
        .with_name(deleted.name.as_deref().map(topic_name))
        .with_topic_id(uuid(deleted.id.unwrap_or(TopicId::ZERO)));
    match &deleted.result {
        Ok(()) => answer,
        Err(refusal) => {
            answer.with_error_code(error(refusal.code)).with_error_message(message(refusal))
        }
    }
}

#[cfg(test)]
mod tests;

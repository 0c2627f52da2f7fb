//! IncrementalAlterConfigs: on topics, this broker, or all brokers.

use broker_controller::{
    CommandError,
    commands::alter_configs::{AlterConfigs, Alteration, ConfigResource, Operation},
};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
    incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig},
    incremental_alter_configs_response::AlterConfigsResourceResponse,
};

use super::wire_names::{message, text};
use crate::{
    blocking,
    request::RequestContext,
    security::{Authorized, Resource},
};

/// Kafka's numbers of the resource types that exist here.
pub(super) const TOPIC: i8 = 2;
pub(super) const BROKER: i8 = 4;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<IncrementalAlterConfigsRequest>,
) -> IncrementalAlterConfigsResponse {
    let (mut resources, mut answers) = (Vec::new(), Vec::new());
    for entry in &request.request().resources {
        let resource = config_resource(entry.resource_type, &entry.resource_name);
        match unauthorized(&resource, &request) {
            Some(error) => answers.push((resource, Err(error))),
            None => resources.push((resource, alterations(entry))),
        }
    }
    let named: Vec<ConfigResource> =
        resources.iter().map(|(resource, _)| resource.clone()).collect();
    let command = AlterConfigs { resources, validate_only: request.request().validate_only };
    match blocking::submit(&context.broker, command).await {
        Ok(outcome) => answers.extend(outcome),
        Err(error) => {
            answers.extend(named.into_iter().map(|resource| (resource, Err(error.clone()))));
        }
    }
    let responses = answers
        .iter()
        .map(|(resource, outcome)| response(resource, outcome, |code| context.error(code)));
    IncrementalAlterConfigsResponse::default().with_responses(responses.collect())
}

pub(super) fn config_resource(kind: i8, name: &str) -> ConfigResource {
    match kind {
        TOPIC => ConfigResource::Topic(name.to_owned()),
        BROKER => ConfigResource::Broker(name.to_owned()),
        other => ConfigResource::Other(other, name.to_owned()),
    }
}

/// The refusal of a resource the principal may not touch.
pub(super) fn unauthorized<R>(
    resource: &ConfigResource,
    request: &Authorized<R>,
) -> Option<CommandError> {
    let (allowed, code, message) = match resource {
        ConfigResource::Topic(name) => (
            request.allows(Resource::Topic(name)),
            ErrorCode::TopicAuthorizationFailed,
            "Topic authorization failed.",
        ),
        ConfigResource::Broker(_) | ConfigResource::Other(..) => (
            request.allows(Resource::Cluster),
            ErrorCode::ClusterAuthorizationFailed,
            "Cluster authorization failed.",
        ),
    };
    (!allowed).then(|| CommandError::new(code, message))
}

fn alterations(resource: &AlterConfigsResource) -> Vec<Alteration> {
    resource.configs.iter().map(alteration).collect()
}

fn alteration(config: &AlterableConfig) -> Alteration {
    Alteration {
        name: config.name.to_string(),
        operation: match config.config_operation {
            0 => Operation::Set,
            1 => Operation::Delete,
            2 => Operation::Append,
            3 => Operation::Subtract,
            other => Operation::Unknown(other),
        },
        value: config.value.as_ref().map(ToString::to_string),
    }
}

fn response(
    resource: &ConfigResource,
    outcome: &Result<(), CommandError>,
    error: impl Fn(ErrorCode) -> i16,
) -> AlterConfigsResourceResponse {
    let (kind, name) = match resource {
        ConfigResource::Topic(name) => (TOPIC, name),
        ConfigResource::Broker(name) => (BROKER, name),
        ConfigResource::Other(kind, name) => (*kind, name),
    };
    let answer = AlterConfigsResourceResponse::default()
        .with_resource_type(kind)
        .with_resource_name(text(name));
    match outcome {
        Ok(()) => answer.with_error_message(None),
        Err(refusal) => {
            answer.with_error_code(error(refusal.code)).with_error_message(message(refusal))
        }
    }
}

#[cfg(test)]
mod tests;

//! IncrementalAlterConfigs: on topics, this broker, all brokers, or this broker's loggers.

use broker_controller::{
    CommandError,
    commands::alter_configs::{AlterConfigs, Alteration, ConfigResource, Operation},
};
use broker_env::HashSet;
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
    incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig},
    incremental_alter_configs_response::AlterConfigsResourceResponse,
};

use super::{
    broker_loggers,
    config_resource::{BROKER_LOGGER, Changes, config_resource, kind_and_name, unauthorized},
    wire_names::{message, text},
};
use crate::{blocking, request::RequestContext, security::Authorized};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<IncrementalAlterConfigsRequest>,
) -> IncrementalAlterConfigsResponse {
    let asked = request.request();
    let repeated_loggers = repeated_loggers(&asked.resources);
    let (mut resources, mut changes) = (Vec::new(), Changes::default());
    for entry in &asked.resources {
        let resource = config_resource(entry.resource_type, &entry.resource_name);
        if let Some(error) = unauthorized(&resource, &request) {
            changes.decided(resource, Err(error));
        } else if entry.resource_type == BROKER_LOGGER {
            let outcome = if repeated_loggers.contains(entry.resource_name.as_str()) {
                let why = "Each resource must appear at most once.";
                Err(CommandError::new(ErrorCode::InvalidRequest, why))
            } else {
                let (name, broker) = (&entry.resource_name, &context.broker);
                let node = broker.config.node_id;
                let only_check = asked.validate_only;
                broker_loggers::alter(name, &alterations(entry), only_check, node, &*broker.loggers)
            };
            changes.decided(resource, outcome);
        } else {
            changes.forwarded(resource.clone());
            resources.push((resource, alterations(entry)));
        }
    }
    let command = AlterConfigs { resources, validate_only: asked.validate_only };
    let outcome = changes.complete(blocking::submit(&context.broker, command).await);
    let responses = outcome
        .iter()
        .map(|(resource, outcome)| response(resource, outcome, |code| context.error(code)));
    IncrementalAlterConfigsResponse::default().with_responses(responses.collect())
}

/// Loggers never come to the controller, which finds other repetitions.
fn repeated_loggers(resources: &[AlterConfigsResource]) -> HashSet<&str> {
    let loggers = resources.iter().filter(|entry| entry.resource_type == BROKER_LOGGER);
    let mut seen = HashSet::default();
    loggers.map(|entry| entry.resource_name.as_str()).filter(|name| !seen.insert(*name)).collect()
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
    let (kind, name) = kind_and_name(resource);
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

//! AlterConfigs: gives topics, this broker or all brokers the named values and no others.

use broker_controller::commands::alter_configs::{ReplaceConfigs, Values};
use protocol_wire::messages::{
    AlterConfigsRequest, AlterConfigsResponse, alter_configs_request::AlterConfigsResource,
    alter_configs_response::AlterConfigsResourceResponse,
};

use super::{
    config_resource::{Changes, config_resource, kind_and_name, unauthorized},
    wire_names::{message, text},
};
use crate::{blocking, request::RequestContext, security::Authorized};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<AlterConfigsRequest>,
) -> AlterConfigsResponse {
    let (mut resources, mut changes) = (Vec::new(), Changes::default());
    for entry in &request.request().resources {
        let resource = config_resource(entry.resource_type, &entry.resource_name);
        if let Some(error) = unauthorized(&resource, &request) {
            changes.decided(resource, Err(error));
        } else {
            changes.forwarded(resource.clone());
            resources.push((resource, values(entry)));
        }
    }
    let command = ReplaceConfigs { resources, validate_only: request.request().validate_only };
    let outcome = changes.complete(blocking::submit(&context.broker, command).await);
    let responses = outcome.iter().map(|(resource, outcome)| {
        let (kind, name) = kind_and_name(resource);
        let answer = AlterConfigsResourceResponse::default()
            .with_resource_type(kind)
            .with_resource_name(text(name));
        match outcome {
            Ok(()) => answer.with_error_message(None),
            Err(refusal) => answer
                .with_error_code(context.error(refusal.code))
                .with_error_message(message(refusal)),
        }
    });
    AlterConfigsResponse::default().with_responses(responses.collect())
}

fn values(resource: &AlterConfigsResource) -> Values {
    let configs = resource.configs.iter();
    configs
        .map(|config| (config.name.to_string(), config.value.as_ref().map(ToString::to_string)))
        .collect()
}

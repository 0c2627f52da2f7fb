//! ListConfigResources: what can be described by DescribeConfigs. Version 0 lists subscriptions to
//! clients' metrics alone; later ones take the types to list.

use broker_metadata::Image;
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    ListConfigResourcesRequest, ListConfigResourcesResponse,
    list_config_resources_response::ConfigResource,
};

use super::{
    config_resource::{BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC},
    wire_names::text,
};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// The types a version may ask for, in the order they are listed.
const fn listable(version: i16) -> &'static [i8] {
    match version {
        0 => &[CLIENT_METRICS],
        _ => &[GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC],
    }
}

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<ListConfigResourcesRequest>,
) -> ListConfigResourcesResponse {
    let refuse = |code| ListConfigResourcesResponse::default().with_error_code(context.error(code));
    if !request.allows(Resource::Cluster) {
        return refuse(ErrorCode::ClusterAuthorizationFailed);
    }
    let listable = listable(context.version);
    let asked = request.request().resource_types.as_slice();
    if asked.iter().any(|kind| !listable.contains(kind)) {
        return refuse(ErrorCode::UnsupportedVersion);
    }
    let wanted = listable.iter().filter(|kind| asked.is_empty() || asked.contains(kind));
    let image = context.broker.image();
    let resources = wanted.flat_map(|&kind| {
        let named = move |name: String| {
            let resource = ConfigResource::default().with_resource_name(text(&name));
            // Version 0 cannot say the type, which is the field's default.
            if kind == CLIENT_METRICS { resource } else { resource.with_resource_type(kind) }
        };
        names(kind, &image).into_iter().map(named)
    });
    ListConfigResourcesResponse::default().with_config_resources(resources.collect())
}

/// The names of a type's resources.
fn names(kind: i8, image: &Image) -> Vec<String> {
    match kind {
        TOPIC => image.topics_by_name().iter().map(|topic| topic.name.to_string()).collect(),
        GROUP => image.group_configs().keys().map(ToString::to_string).collect(),
        BROKER | BROKER_LOGGER => vec![image.node().0.to_string()],
        CLIENT_METRICS => image.client_metrics().keys().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;

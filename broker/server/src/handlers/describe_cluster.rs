//! DescribeCluster: who the brokers are, at the addresses of the listener that was asked.

use broker_metadata::Image;
use config::HostPort;
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    DescribeClusterRequest, DescribeClusterResponse,
    describe_cluster_response::DescribeClusterBroker,
};

use super::wire_names::{broker_id, text};
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

/// Kafka's numbers of endpoint types.
const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DescribeClusterRequest>,
) -> DescribeClusterResponse {
    let asked = request.request();
    if let Some((code, why)) = wrong_endpoint(asked.endpoint_type, context.version) {
        return DescribeClusterResponse::default()
            .with_error_code(context.error(code))
            .with_error_message(Some(text(&why)));
    }
    let operations = match asked.include_cluster_authorized_operations {
        false => i32::MIN,
        true if !request.allows(Resource::Cluster) => 0,
        true => request.session().authorized_operations(Resource::Cluster),
    };
    let broker = &context.broker;
    let image = broker.image();
    let address = broker.advertised(&image, request.session().listener);
    describe(&image, &address, broker.config.rack.as_deref())
        .with_cluster_authorized_operations(operations)
}

/// Controllers have no endpoint of their own here.
fn wrong_endpoint(endpoint: i8, version: i16) -> Option<(ErrorCode, String)> {
    let (code, why) = match endpoint {
        BROKERS => return None,
        CONTROLLERS => (
            ErrorCode::MismatchedEndpointType,
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of \
             type CONTROLLER"
                .to_owned(),
        ),
        other => (ErrorCode::UnsupportedEndpointType, format!("Unsupported endpoint type {other}")),
    };
    // Version 0 knows neither code.
    Some((if version == 0 { ErrorCode::InvalidRequest } else { code }, why))
}

/// A cluster of this broker alone, which also answers for the controller.
fn describe(image: &Image, address: &HostPort, rack: Option<&str>) -> DescribeClusterResponse {
    let node = broker_id(image.node());
    let this = DescribeClusterBroker::default()
        .with_broker_id(node)
        .with_host(text(&address.host))
        .with_port(address.port.into())
        .with_rack(rack.map(text));
    let cluster = image.cluster().map(|cluster| cluster.to_string()).unwrap_or_default();
    DescribeClusterResponse::default()
        .with_cluster_id(text(&cluster))
        .with_controller_id(node)
        .with_brokers(vec![this])
}

#[cfg(test)]
mod tests;

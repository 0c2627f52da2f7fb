//! What configuration requests name, and who may touch it.

use broker_controller::{
    CommandError,
    commands::alter_configs::{ConfigResource, Outcome},
};
use protocol_types::ErrorCode;

use crate::security::{Authorized, Resource};

/// Kafka's numbers of the resource types that exist here.
pub(super) const TOPIC: i8 = 2;
pub(super) const BROKER: i8 = 4;
pub(super) const BROKER_LOGGER: i8 = 8;
pub(super) const CLIENT_METRICS: i8 = 16;
pub(super) const GROUP: i8 = 32;

/// Loggers are no metadata: the controller knows them as a type it does not have.
pub(super) fn config_resource(kind: i8, name: &str) -> ConfigResource {
    match kind {
        TOPIC => ConfigResource::Topic(name.to_owned()),
        BROKER => ConfigResource::Broker(name.to_owned()),
        GROUP => ConfigResource::Group(name.to_owned()),
        CLIENT_METRICS => ConfigResource::ClientMetrics(name.to_owned()),
        other => ConfigResource::Other(other, name.to_owned()),
    }
}

/// The wire's type and name of a resource.
pub(super) fn kind_and_name(resource: &ConfigResource) -> (i8, &str) {
    match resource {
        ConfigResource::Topic(name) => (TOPIC, name),
        ConfigResource::Broker(name) => (BROKER, name),
        ConfigResource::Group(name) => (GROUP, name),
        ConfigResource::ClientMetrics(name) => (CLIENT_METRICS, name),
        ConfigResource::Other(kind, name) => (*kind, name),
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
        ConfigResource::Group(name) => (
            request.allows(Resource::Group(name)),
            ErrorCode::GroupAuthorizationFailed,
            "Group authorization failed.",
        ),
        ConfigResource::Broker(_)
        | ConfigResource::ClientMetrics(_)
        | ConfigResource::Other(..) => (
            request.allows(Resource::Cluster),
            ErrorCode::ClusterAuthorizationFailed,
            "Cluster authorization failed.",
        ),
    };
    (!allowed).then(|| CommandError::new(code, message))
}

/// What became of each resource of a request that changes them, in the request's order.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// `None` until the controller has decided it.
    resources: Vec<(ConfigResource, Option<Result<(), CommandError>>)>,
}

impl Changes {
    /// A resource that needs no controller.
    pub(super) fn decided(&mut self, resource: ConfigResource, outcome: Result<(), CommandError>) {
        self.resources.push((resource, Some(outcome)));
    }

    /// A resource that goes to the controller, in this order.
    pub(super) fn forwarded(&mut self, resource: ConfigResource) {
        self.resources.push((resource, None));
    }

    /// All of them, with what the controller said of those it was given.
    pub(super) fn complete(self, outcome: Result<Outcome, CommandError>) -> Outcome {
        let (mut told, whole) = match outcome {
            Ok(told) => (told.into_iter(), None),
            Err(error) => (Vec::new().into_iter(), Some(error)),
        };
        let mut next = || match &whole {
            Some(error) => Err(error.clone()),
            None => told.next().map_or(Ok(()), |(_, result)| result),
        };
        let resources = self.resources.into_iter();
        resources.map(|(resource, decided)| (resource, decided.unwrap_or_else(&mut next))).collect()
    }
}

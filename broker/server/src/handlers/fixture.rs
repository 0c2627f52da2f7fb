//! What the handlers' tests stand on: a controller over a disk in memory, and its image.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use broker_controller::{
    Controller, Parts,
    commands::{
        boot::Boot,
        create_topics::{CreateTopics, NewTopic},
    },
};
use broker_env::{clock::ManualClock, sim::MemDisk};
use bytes::BytesMut;
use config::{BrokerConfig, Loader, Profile};
use protocol_types::{ApiKey, ErrorCode};
use protocol_wire::{messages::Encodable, response::encode_response, versions};

use crate::security::{Authorized, Authorizer, Operation, Principal, Resource, Session};

/// A booted broker with node.id 1 and no topics.
pub(crate) struct Fixture {
    pub(crate) config: Arc<BrokerConfig>,
    pub(crate) controller: Controller,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(flags: &[(&str, &str)]) -> Self {
        let loader = flags.iter().fold(Loader::new(Profile::Standard), |loader, (name, value)| {
            loader.flag(name, value).unwrap()
        });
        let config = Arc::new(loader.build().unwrap());
        let parts = Parts {
            config: Arc::clone(&config),
            clock: Arc::new(ManualClock::default()),
            new_id: Box::new(Parts::random_id),
        };
        let disk = Arc::new(MemDisk::default());
        let controller = Controller::open(disk, Path::new("metadata"), parts).unwrap();
        controller.submit(Boot).unwrap();
        Self { config, controller }
    }

    /// Creates a topic with `partitions` partitions.
    pub(crate) fn topic(self, name: &str, partitions: i32) -> Self {
        let topic = NewTopic { partitions: Some(partitions), ..NewTopic::automatic(name) };
        let command = CreateTopics { topics: vec![topic], validate_only: false };
        let outcome = self.controller.submit(command).unwrap();
        outcome.into_iter().for_each(|(_, created)| drop(created.unwrap()));
        self
    }
}

/// The number of an error, uncounted.
pub(crate) fn code(code: ErrorCode) -> i16 {
    code.to_wire()
}

/// A request of a principal that may do what `allows` says.
pub(crate) fn authorized<R>(
    request: R,
    operation: Operation,
    allows: fn(Operation, Resource<'_>) -> bool,
) -> Authorized<R> {
    Authorized::new(request, Arc::new(session(allows)), Some(operation))
}

/// The session of a principal that may do what `allows` says.
pub(crate) fn session(allows: fn(Operation, Resource<'_>) -> bool) -> Session {
    Session {
        principal: Principal::anonymous(),
        authorizer: Arc::new(By(allows)),
        listener: 0,
        software: OnceLock::new(),
    }
}

#[derive(Debug)]
struct By(fn(Operation, Resource<'_>) -> bool);

impl Authorizer for By {
    fn allows(&self, _: &Principal, operation: Operation, resource: Resource<'_>) -> bool {
        (self.0)(operation, resource)
    }
}

/// Every served version can carry `response`: none of its fields is one that is refused.
pub(crate) fn assert_every_version_carries<R: Encodable>(api: ApiKey, response: &R) {
    let served = versions::served(api).unwrap();
    for version in served.min..=served.max {
        let encoded = encode_response(&mut BytesMut::new(), api, version, 1, response);
        assert!(encoded.is_ok(), "version {version}: {encoded:?}");
    }
}

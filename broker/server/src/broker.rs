//! The broker as its connections see it: everything a request may touch, shared by all shards.

use std::sync::{
    Arc,
    atomic::{AtomicI32, AtomicU64, Ordering},
};

use broker_controller::Controller;
use broker_env::Clock;
use broker_metadata::{Delta, Image};
use broker_partitions::Partitions;
use broker_telemetry::{Subscription, Telemetry};
use config::{BrokerConfig, Listener};
use parking_lot::Mutex;
use protocol_types::ApiKey;

use crate::{
    budget::Budget,
    coordinators::Coordinators,
    loggers::Loggers,
    metrics::ServerMetrics,
    quotas::{ClientQuotas, ConnectionQuotas},
    security::Authorizer,
    software::SoftwareTable,
};

/// What the server works with.
#[derive(Clone, Debug)]
pub struct ServerDeps {
    pub clock: Arc<dyn Clock>,
    pub controller: Arc<Controller>,
    pub partitions: Arc<Partitions>,
    pub coordinators: Coordinators,
    pub authorizer: Arc<dyn Authorizer>,
    pub loggers: Arc<dyn Loggers>,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: Arc<BrokerConfig>,
    pub(crate) controller: Arc<Controller>,
    pub(crate) partitions: Arc<Partitions>,
    pub(crate) coordinators: Coordinators,
    pub(crate) authorizer: Arc<dyn Authorizer>,
    pub(crate) loggers: Arc<dyn Loggers>,
    pub(crate) metrics: ServerMetrics,
    /// The configured listeners, with the ports that were bound.
    pub(crate) listeners: Vec<Listener>,
    pub(crate) budgets: Budgets,
    pub(crate) quotas: ClientQuotas,
    pub(crate) software: Arc<SoftwareTable>,
    /// Clients' metrics; locked for one request or one survey.
    pub(crate) telemetry: Arc<Mutex<Telemetry>>,
    pub(crate) connection_quotas: Arc<ConnectionQuotas>,
    /// Moves with every change of the image; shards drop what they cached of the one before.
    pub(crate) image_changes: AtomicU64,
    fetch_sessions: AtomicI32,
}

/// What clients share.
#[derive(Debug)]
pub(crate) struct Budgets {
    /// `memory.request.bytes`: requests that are not handled where they were read.
    pub(crate) requests: Arc<Budget>,
    /// The one frame that may grow when `requests` is used up: it ends, and gives back what it held.
    pub(crate) finishing: Arc<Budget>,
    /// Half of `requests`: ordinary requests, decoded, until they are answered.
    pub(crate) decoded: Arc<Budget>,
    /// `memory.response.bytes`: answers that the socket did not take at once.
    pub(crate) responses: Arc<Budget>,
    /// `max.connections`.
    pub(crate) connections: Arc<Budget>,
    /// Partitions remembered by fetch sessions.
    pub(crate) session_partitions: Arc<Budget>,
}

/// Most partitions all fetch sessions remember together; beyond, fetches go without a session.
const SESSION_PARTITIONS_MAX: u64 = 200_000;

impl Budgets {
    pub(crate) fn new(config: &BrokerConfig) -> Self {
        Self {
            // The length field of the largest request is held with it.
            requests: Budget::new(config.memory_request_bytes + 4),
            finishing: Budget::new(1),
            decoded: Budget::new(config.memory_request_bytes / 2),
            responses: Budget::new(config.memory_response_bytes),
            connections: Budget::new(config.max_connections.into()),
            session_partitions: Budget::new(SESSION_PARTITIONS_MAX),
        }
    }

    /// Takes over what `image` changes of them at run time. No connection is closed for it.
    fn follow(&self, image: &Image) {
        if let Some(most) = image.layers().number("max.connections") {
            self.connections.set_capacity(most.into());
        }
    }
}

impl Broker {
    /// `apis` are those that are served, in the order of their keys.
    pub(crate) fn new(
        config: Arc<BrokerConfig>,
        listeners: Vec<Listener>,
        apis: impl Iterator<Item = ApiKey>,
        deps: ServerDeps,
    ) -> Self {
        let ServerDeps { clock, controller, partitions, coordinators, authorizer, loggers } = deps;
        let image = controller.image();
        let budgets = Budgets::new(&config);
        budgets.follow(&image);
        Self {
            clock,
            budgets,
            quotas: ClientQuotas::new(&config, &image),
            software: Arc::default(),
            telemetry: Arc::new(Mutex::new(telemetry(&config, &image))),
            connection_quotas: ConnectionQuotas::new(&config, &image),
            config,
            controller,
            partitions,
            coordinators,
            authorizer,
            loggers,
            metrics: ServerMetrics::register(apis),
            listeners,
            image_changes: AtomicU64::new(0),
            fetch_sessions: AtomicI32::new(0),
        }
    }

    /// The metadata now.
    pub(crate) fn image(&self) -> Arc<Image> {
        self.controller.image()
    }

    /// Takes over what changed in the metadata.
    pub(crate) fn follow(&self, image: &Image, delta: &Delta) {
        if delta.quotas {
            self.quotas.follow(image);
        }
        if delta.client_metrics {
            self.telemetry.lock().subscribe(subscriptions(image));
        }
        if delta.broker_configs {
            self.budgets.follow(image);
        }
        if delta.quotas || delta.broker_configs {
            self.connection_quotas.follow(image);
        }
        self.image_changes.fetch_add(1, Ordering::AcqRel);
    }

    /// An id for a new fetch session, above 0.
    pub(crate) fn next_fetch_session(&self) -> i32 {
        let taken = self.fetch_sessions.fetch_add(1, Ordering::Relaxed);
        (taken & i32::MAX).max(1)
    }
}

fn telemetry(config: &BrokerConfig, image: &Image) -> Telemetry {
    let mut telemetry = Telemetry::new(config.telemetry_max_bytes as usize);
    telemetry.subscribe(subscriptions(image));
    telemetry
}

/// What is stored was checked; what another version would have refused subscribes nobody.
fn subscriptions(image: &Image) -> Vec<Subscription> {
    let stored = image.client_metrics().values();
    stored.filter_map(|values| Subscription::parse(values).ok()).collect()
}

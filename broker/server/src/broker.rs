//! The broker as its connections see it: everything a request may touch, shared by all shards.

use std::sync::Arc;

use broker_env::clock::Clock;

use crate::{metrics::ServerMetrics, security::Authorizer};

/// Handed to [`crate::Server::start`]; lives as long as the broker.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) authorizer: Arc<dyn Authorizer>,
    pub(crate) metrics: ServerMetrics,
}

//! One member of a classic group: who it is, what it can do, what it waits for.

use std::sync::Arc;

use broker_coordinator::Token;
use bytes::Bytes;
use protocol_types::Instant;

use super::request::Protocol;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: Arc<str>,
    /// Set for static members (`group.instance.id`), who keep their place while they are away.
    pub instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    pub client_host: Arc<str>,
    /// How long a rebalance waits for it, at least 0.
    pub rebalance_timeout_ms: i32,
    /// Without a sign of life for so long it is gone.
    pub session_timeout_ms: i32,
    /// What it can do, the most wanted first, every name once.
    pub protocols: Vec<Protocol>,
    /// The leader's bytes for it; empty without an assignment.
    pub assignment: Bytes,
    /// The JoinGroup that waits for the rebalance.
    pub(super) joining: Option<Token>,
    /// The SyncGroup that waits for the leader's assignment.
    pub(super) syncing: Option<Token>,
    /// It was added by a JoinGroup that has not been answered: it does not know its id yet, so
    /// waiting is no sign of life.
    pub(super) is_new: bool,
    /// When it is gone, unless it shows up. `None` while it waits for us.
    pub(super) expires: Option<Instant>,
}

impl Member {
    /// What it said under the protocol `name`; empty if it does not support that.
    #[must_use]
    pub fn metadata(&self, name: &str) -> Bytes {
        let protocol = self.protocols.iter().find(|protocol| &*protocol.name == name);
        protocol.map(|protocol| protocol.metadata.clone()).unwrap_or_default()
    }

    /// Whether waiting for our answer counts as its heartbeat.
    pub(super) const fn satisfies_heartbeat(&self) -> bool {
        !self.is_new && (self.joining.is_some() || self.syncing.is_some())
    }
}

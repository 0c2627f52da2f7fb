//! What a handler is handed besides its request.

use std::{net::IpAddr, sync::Arc};

use protocol_types::{ApiKey, ErrorCode};

use crate::{
    broker::Broker,
    quotas::{MutationQuota, RequestQuota},
};

/// The broker a request came to, which request it is, and by whom.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    pub(crate) broker: Arc<Broker>,
    pub(crate) api: ApiKey,
    pub(crate) version: i16,
    /// What the client calls itself in the request's header; empty where it says nothing.
    pub(crate) client_id: Box<str>,
    /// The address it came from.
    pub(crate) client_host: IpAddr,
    /// Its port there.
    pub(crate) client_port: u16,
    /// The quotas its client is under.
    pub(crate) quota: Option<Arc<RequestQuota>>,
}

impl RequestContext {
    /// What the client may create and delete; from `strict_since` on its version knows refusal.
    pub(crate) fn mutation_quota(&self, strict_since: i16) -> Option<MutationQuota> {
        let strict = self.version >= strict_since;
        MutationQuota::of(self.quota.as_ref(), &self.broker.clock, strict)
    }

    /// The same for what the client did not ask for in so many words: refused beyond the quota, and
    /// its answer does not tell the wait.
    pub(crate) fn unspoken_mutation_quota(&self) -> Option<MutationQuota> {
        let apart = self.quota.as_ref().map(|quota| Arc::new(quota.apart()));
        MutationQuota::of(apart.as_ref(), &self.broker.clock, true)
    }

    /// The wire's number of `code`, counted as an answer of this api when it is an error.
    pub(crate) fn error(&self, code: ErrorCode) -> i16 {
        if code != ErrorCode::None {
            self.broker.metrics.request_error(self.api, code);
        }
        code as i16
    }
}

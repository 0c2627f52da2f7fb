//! What a handler is handed besides its request.

use std::sync::Arc;

use protocol_types::{ApiKey, ErrorCode};

use crate::broker::Broker;

/// The broker a request came to, and which request it is.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    pub(crate) broker: Arc<Broker>,
    pub(crate) api: ApiKey,
    pub(crate) version: i16,
}

impl RequestContext {
    /// The wire's number of `code`, counted as an answer of this api when it is an error.
    pub(crate) fn error(&self, code: ErrorCode) -> i16 {
        if code != ErrorCode::None {
            self.broker.metrics.request_error(self.api, code);
        }
        code as i16
    }
}

//! Ordinary requests: decoded, answered by a future of their own, encoded; one at a time on a
//! connection.
//!
//! Knows no table: which handler answers is said by whoever starts the call.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use broker_env::Clock;
use bytes::{Bytes, BytesMut};
use protocol_types::ApiKey;
use protocol_wire::{
    decode::decode_request,
    error::{DecodeError, EncodeError},
    messages::Request,
    request_header::RequestHeader,
    response::encode_response,
    throttle::set_throttle_time,
};

use crate::{
    quotas::{RequestQuota, Throttle},
    request::RequestContext,
    request_memory::RequestMemory,
    security::{Authorized, Operation, Session},
};

/// A request on its way to its handler.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) context: RequestContext,
    pub(crate) session: Arc<Session>,
    pub(crate) operation: Option<Operation>,
    pub(crate) correlation_id: i32,
    pub(crate) body: Bytes,
}

impl Call {
    /// Decodes the request and starts `handle` on it.
    pub(crate) fn run<R, F, A>(self, handle: F) -> Result<Running, DecodeError>
    where
        R: Request + 'static,
        F: FnOnce(RequestContext, Authorized<R>) -> A + 'static,
        A: Future<Output = R::Response>,
    {
        let api = self.context.api;
        self.run_with(handle, move |out, version, correlation_id, response| {
            encode_response(out, api, version, correlation_id, response)
        })
    }

    /// The same where the answer has an encoder of its own.
    pub(crate) fn run_with<R, F, A, E>(self, handle: F, encode: E) -> Result<Running, DecodeError>
    where
        R: Request + 'static,
        F: FnOnce(RequestContext, Authorized<R>) -> A + 'static,
        A: Future,
        E: FnOnce(&mut BytesMut, i16, i32, &A::Output) -> Result<(), EncodeError> + 'static,
    {
        let (api, version) = (self.context.api, self.context.version);
        let request = decode_request::<R>(api, version, self.body)?;
        let request = Authorized::new(request, self.session, self.operation);
        let (context, correlation_id) = (self.context, self.correlation_id);
        Ok(Box::pin(async move {
            let response = handle(context, request).await;
            let mut out = BytesMut::new();
            encode(&mut out, version, correlation_id, &response)?;
            Ok(out)
        }))
    }
}

/// An answer in the making; yields a whole response frame.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<BytesMut, EncodeError>>>>;

/// An ordinary request on its way to its answer.
pub(crate) struct OrdinaryWork {
    running: Running,
    api: ApiKey,
    version: i16,
    quota: Option<Arc<RequestQuota>>,
    _memory: RequestMemory,
    /// Time spent on it, in nanoseconds; measured where a quota asks for it.
    busy: u64,
}

impl OrdinaryWork {
    pub(crate) const fn new(
        running: Running,
        header: &RequestHeader<'_>,
        quota: Option<Arc<RequestQuota>>,
        memory: RequestMemory,
    ) -> Self {
        let (api, version) = (header.api, header.version);
        Self { running, api, version, quota, _memory: memory, busy: 0 }
    }

    /// Works on it; its answer tells the client to wait as long as the throttle says.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        clock: &dyn Clock,
    ) -> Poll<Result<(BytesMut, Throttle), EncodeError>> {
        let Some(quota) = &self.quota else {
            let polled = self.running.as_mut().poll(cx);
            return polled.map_ok(|answer| (answer, Throttle::default()));
        };
        let began = clock.now();
        let polled = self.running.as_mut().poll(cx);
        let ended = clock.now();
        self.busy += ended.nanos_since(began);
        polled.map_ok(|mut answer| {
            let throttle = quota.throttle(self.busy, ended);
            if throttle.ms > 0 {
                set_throttle_time(self.api, self.version, &mut answer, throttle.to_wire());
            }
            (answer, throttle)
        })
    }
}

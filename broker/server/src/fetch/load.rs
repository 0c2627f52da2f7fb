//! Loading what is not in ring memory, on the hosted partitions' reading threads.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use broker_partitions::LoadError;
use bytes::Bytes;
use protocol_types::ErrorCode;

use super::{
    FetchContext,
    look::{Found, Look},
};
use crate::{budget::Permit, error_code, metrics::Limit, throttled_log::LogThrottle};

type Load = Pin<Box<dyn Future<Output = Result<Vec<Bytes>, LoadError>>>>;

/// The loads of one fetch, side by side.
pub(crate) struct Loading {
    parts: Vec<Part>,
    moved: bool,
    /// Covers what is being loaded.
    permit: Permit,
}

/// One partition of the answer.
pub(super) struct Part {
    pub(super) found: Found,
    load: Option<Load>,
    pub(super) records: Vec<Bytes>,
}

impl fmt::Debug for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loading").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

impl Loading {
    /// Starts loading everything `look` found; `None` if `memory.response.bytes` has no room.
    pub(super) fn start(look: Look, context: &FetchContext<'_>) -> Option<Self> {
        let budget = &context.shard.broker.budgets.responses;
        let permit = match budget.take(look.bytes) {
            Some(permit) => permit,
            // Larger than the whole budget: it gets through alone.
            None if budget.used() == 0 => budget.force(look.bytes),
            None => {
                context.shard.broker.metrics.limit_reached(Limit::ResponseMemory);
                return None;
            }
        };
        let parts =
            look.into_found().into_iter().map(|found| Part::start(found, context)).collect();
        Some(Self { parts, moved: false, permit })
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut running = false;
        for part in &mut self.parts {
            let Some(load) = &mut part.load else { continue };
            match load.as_mut().poll(cx) {
                Poll::Pending => running = true,
                Poll::Ready(loaded) => {
                    part.load = None;
                    match loaded {
                        Ok(records) => part.records = records,
                        Err(error) => {
                            self.moved |= matches!(error, LoadError::Moved);
                            part.fail(&error);
                        }
                    }
                }
            }
        }
        if running { Poll::Pending } else { Poll::Ready(()) }
    }

    /// Whether data moved while it was read, so that planning again will find it.
    pub(super) const fn moved(&self) -> bool {
        self.moved
    }

    pub(super) fn finish(self) -> (Vec<Part>, Permit) {
        (self.parts, self.permit)
    }
}

impl Part {
    fn start(mut found: Found, context: &FetchContext<'_>) -> Self {
        let planned = found.partition.clone().filter(|_| !found.plan.is_empty());
        let load = planned.map(|partition| {
            let partitions = Arc::clone(&context.shard.broker.partitions);
            let (plan, limits) = (std::mem::take(&mut found.plan), found.limits);
            let load: Load =
                Box::pin(async move { partitions.load(&partition, plan, limits).await });
            load
        });
        Self { found, load, records: Vec::new() }
    }

    fn fail(&mut self, error: &LoadError) {
        static FAILED: LogThrottle = LogThrottle::new();
        if !matches!(error, LoadError::Moved | LoadError::Stopping) {
            FAILED.warn(&format_args!("a fetch could not read its records: {error}"));
        }
        self.found.code = error_code::load_error(error);
        if self.found.code != ErrorCode::None {
            self.found.marks = None;
        }
    }
}

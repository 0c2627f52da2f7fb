//! Structured logs on standard error: text or JSON, level per module (also changed at run time, by
//! Kafka's tools), rate-limited per message.
//!
//! A message is a place in the code. Each may speak [`BURST`] times a second; what it says beyond
//! that is counted in `ringtide_log_suppressed_total`, so that a flood neither fills a disk nor
//! hides that it happened. Records' contents are never logged by anyone.

use std::sync::Arc;

use anyhow::Context as _;
use broker_env::clock::Clock;
use parking_lot::Mutex;
use tracing::{Event, Metadata, Subscriber, callsite::Identifier};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Filter, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt, reload};

mod levels;
mod rate;

use broker_server::{LogLevel, Loggers};
use levels::Levels;

use rate::{Rates, Verdict};

/// Lines one message may log within a second.
pub const BURST: u32 = 20;

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

/// Installs the process's logger. `levels` is a level, or a list of `module=level`
/// (`info,broker_wal=debug`). The result changes them later.
///
/// # Errors
/// When `levels` cannot be read, or a logger is installed already.
pub fn install(
    levels: &str,
    format: Format,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Arc<dyn Loggers>> {
    let levels = Levels::parse(levels).with_context(|| {
        format!("log level {levels:?}: give a level or module=level, comma separated")
    })?;
    let limit = RateLimit { clock, rates: Mutex::default() };
    let (filter, handle) = reload::Layer::new(levels.filter());
    let registry = Registry::default().with(filter);
    match format {
        Format::Text => {
            let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
            registry.with(lines.with_filter(limit)).try_init()
        }
        Format::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
            registry.with(lines.with_filter(limit)).try_init()
        }
    }
    .context("install the logger")?;
    Ok(Arc::new(Changeable { levels: Mutex::new(levels), handle }))
}

/// The levels as they are, and the filter that follows them.
#[derive(Debug)]
struct Changeable {
    levels: Mutex<Levels>,
    handle: reload::Handle<Targets, Registry>,
}

impl Loggers for Changeable {
    fn levels(&self) -> Vec<(String, LogLevel)> {
        self.levels.lock().list()
    }

    fn change(&self, changes: &[(String, Option<LogLevel>)]) {
        let mut levels = self.levels.lock();
        for (logger, level) in changes {
            levels.change(logger, *level);
        }
        // Fails only if the logger is gone, and then nothing is logged anyway.
        let _ = self.handle.reload(levels.filter());
    }
}

struct RateLimit {
    clock: Arc<dyn Clock>,
    rates: Mutex<Rates<Identifier>>,
}

impl<S: Subscriber> Filter<S> for RateLimit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let verdict = self.rates.lock().judge(self.clock.now(), event.metadata().callsite());
        match verdict {
            Verdict::Log => true,
            Verdict::Suppress => false,
            Verdict::LogAfter { suppressed } => {
                metrics::counter!("ringtide_log_suppressed_total").increment(u64::from(suppressed));
                true
            }
        }
    }
}

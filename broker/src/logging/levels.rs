//! The level of each logger: one for all ("root"), and exceptions for single modules.
//!
//! Pure: what `logging.level` says and what is changed at run time make one table, from which the
//! filter of log lines is made anew.

use std::collections::BTreeMap;

use broker_server::{LogLevel, ROOT};
use tracing_subscriber::filter::{LevelFilter, ParseError, Targets};

#[cfg(test)]
mod tests;

/// The loggers that can be named, besides root: our crates.
const MODULES: [&str; 12] = [
    "broker",
    "broker_controller",
    "broker_coordinator",
    "broker_env",
    "broker_groups",
    "broker_http",
    "broker_log",
    "broker_metadata",
    "broker_partitions",
    "broker_replication",
    "broker_server",
    "broker_wal",
];

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Levels {
    root: LevelFilter,
    modules: BTreeMap<String, LevelFilter>,
}

impl Levels {
    /// From `info` or `info,broker_wal=debug`. Where no level is given for all, only errors are
    /// logged.
    pub(super) fn parse(text: &str) -> Result<Self, ParseError> {
        let targets: Targets = text.parse()?;
        let modules = targets.iter().map(|(module, level)| (module.to_owned(), level)).collect();
        Ok(Self { root: targets.default_level().unwrap_or(LevelFilter::ERROR), modules })
    }

    /// The filter of log lines.
    pub(super) fn filter(&self) -> Targets {
        let modules = self.modules.iter().map(|(module, level)| (module.clone(), *level));
        Targets::new().with_default(self.root).with_targets(modules)
    }

    /// Every logger with its level, root first.
    pub(super) fn list(&self) -> Vec<(String, LogLevel)> {
        let mut names: Vec<&str> = MODULES.to_vec();
        names
            .extend(self.modules.keys().map(String::as_str).filter(|name| !MODULES.contains(name)));
        names.sort_unstable();
        let module = |name: &str| (name.to_owned(), shown(self.level_of(name)));
        let root = (ROOT.to_owned(), shown(self.root));
        std::iter::once(root).chain(names.into_iter().map(module)).collect()
    }

    fn level_of(&self, module: &str) -> LevelFilter {
        self.modules.get(module).copied().unwrap_or(self.root)
    }

    /// Gives a logger a level, or lets it follow root again.
    pub(super) fn change(&mut self, logger: &str, level: Option<LogLevel>) {
        match (logger, level.map(filter)) {
            (ROOT, Some(level)) => self.root = level,
            (ROOT, None) => {}
            (module, Some(level)) => {
                self.modules.insert(module.to_owned(), level);
            }
            (module, None) => {
                self.modules.remove(module);
            }
        }
    }
}

/// What Kafka calls a level. Nothing here is fatal and lives: FATAL is "nothing is logged".
fn shown(level: LevelFilter) -> LogLevel {
    match level.into_level() {
        None => LogLevel::Fatal,
        Some(tracing::Level::ERROR) => LogLevel::Error,
        Some(tracing::Level::WARN) => LogLevel::Warn,
        Some(tracing::Level::INFO) => LogLevel::Info,
        Some(tracing::Level::DEBUG) => LogLevel::Debug,
        Some(tracing::Level::TRACE) => LogLevel::Trace,
    }
}

const fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Fatal => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

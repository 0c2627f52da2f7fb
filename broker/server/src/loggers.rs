//! The process's loggers, as Kafka's tools see and change them (the resource BROKER_LOGGER).
//!
//! Levels that are changed last until the process ends; they are no metadata. What a level does to
//! log lines is the program's business.

use std::fmt::Debug;

/// Kafka's levels, the quietest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Fatal,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The name of the logger that the others follow.
pub const ROOT: &str = "root";

/// The loggers of this process.
pub trait Loggers: Send + Sync + Debug {
    /// Every logger with its level, [`ROOT`] first.
    fn levels(&self) -> Vec<(String, LogLevel)>;

    /// Gives loggers that exist a level, or lets them follow [`ROOT`] again.
    fn change(&self, changes: &[(String, Option<LogLevel>)]);
}

impl LogLevel {
    const ALL: [Self; 6] =
        [Self::Fatal, Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// Kafka's name of the level.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fatal => "FATAL",
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Trace => "TRACE",
        }
    }

    /// The level of this name, in Kafka's spelling.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

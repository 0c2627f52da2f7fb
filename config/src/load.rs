//! Loading: built-in < file < environment < flag; unknown keys are refused with a suggestion.
//!
//! Pure: the shell reads the file and the environment and hands them in.

mod build;
mod file;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use crate::broker::{BrokerConfig, broker_key, broker_keys};
use crate::listener::{Listener, ListenerError};
use crate::suggest::closest;
use crate::value::InvalidConfig;

#[cfg(test)]
mod tests;

/// Which built-in defaults apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    #[default]
    Standard,
    /// `ringtide` without arguments: a smaller ring.
    Development,
}

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    File(String),
    Environment(String),
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file {path}"),
            Self::Environment(variable) => write!(f, "environment variable {variable}"),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// A configuration that cannot be used; the message says where and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("{origin}: unknown setting \"{name}\"{}", hint(suggestion.as_deref()))]
    Unknown { origin: Origin, name: String, suggestion: Option<String> },
    #[error("{origin}: setting \"{name}\" is shown, but cannot be set")]
    ReadOnly { origin: Origin, name: String },
    #[error("{origin}: the value of \"{name}\" is not UTF-8")]
    NotUtf8 { origin: Origin, name: &'static str },
    #[error("{origin}: {error}")]
    Value { origin: Origin, error: InvalidConfig },
    #[error("{origin}: {error}")]
    Listener { origin: Origin, error: ListenerError },
    #[error("file {path} is not TOML: {message}")]
    Syntax { path: String, message: String },
    #[error("{0}")]
    Relation(String),
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

/// Collects settings in load order and builds the configuration. A later origin wins whatever
/// the order of calls.
#[derive(Debug, Default)]
pub struct Loader {
    profile: Profile,
    file: BTreeMap<&'static str, (Origin, String)>,
    environment: BTreeMap<&'static str, (Origin, String)>,
    flags: BTreeMap<&'static str, (Origin, String)>,
    /// `[[listeners]]` tables of the file.
    listeners: Option<Vec<Listener>>,
    listeners_origin: Option<Origin>,
}

impl Loader {
    /// Starts from the built-in defaults of `profile`.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { profile, ..Self::default() }
    }

    /// Adds a TOML file's settings; `path` is for messages.
    ///
    /// # Errors
    /// Not TOML, an unknown setting, or a bad value.
    pub fn file(mut self, path: &str, text: &str) -> Result<Self, LoadError> {
        let origin = Origin::File(path.to_owned());
        let (values, listeners) = file::parse(path, text)?;
        for (name, value) in values {
            let name = known(&name, &origin)?;
            self.file.insert(name, (origin.clone(), checked(name, value, &origin)?));
        }
        self.listeners_origin = listeners.is_some().then_some(origin);
        self.listeners = listeners;
        Ok(self)
    }

    /// Adds the variables that begin with `RINGTIDE_`: `RINGTIDE_RING__SIZE` is `ring.size`.
    /// Variables in `reserved` (read elsewhere, such as by flags) and those that Kubernetes sets
    /// for a Service named `ringtide` are passed over.
    ///
    /// # Errors
    /// An unknown setting, or a bad value.
    pub fn environment(
        mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        reserved: &[&str],
    ) -> Result<Self, LoadError> {
        for (variable, value) in variables {
            // A name that is not UTF-8 is none of ours; with our prefix it is an unknown setting.
            let variable = variable.to_string_lossy();
            let Some(rest) = variable.strip_prefix("RINGTIDE_") else { continue };
            if reserved.contains(&variable.as_ref()) || is_service_link(rest) {
                continue;
            }
            let origin = Origin::Environment(variable.clone().into_owned());
            let name = known(&rest.to_ascii_lowercase(), &origin)?;
            let value = value
                .into_string()
                .map_err(|_| LoadError::NotUtf8 { origin: origin.clone(), name })?;
            let value = checked(name, value, &origin)?;
            self.environment.insert(name, (origin, value));
        }
        Ok(self)
    }

    /// Adds one setting given on the command line.
    ///
    /// # Errors
    /// An unknown setting, or a bad value.
    pub fn flag(mut self, name: &str, value: &str) -> Result<Self, LoadError> {
        let name = known(name, &Origin::Flag)?;
        let value = checked(name, value.to_owned(), &Origin::Flag)?;
        self.flags.insert(name, (Origin::Flag, value));
        Ok(self)
    }

    /// Adds `NAME=VALUE` from the command line.
    ///
    /// # Errors
    /// No `=`, an unknown setting, or a bad value.
    pub fn assignment(self, text: &str) -> Result<Self, LoadError> {
        let Some((name, value)) = text.split_once('=') else {
            return Err(LoadError::Relation(format!("\"{text}\" is not NAME=VALUE")));
        };
        self.flag(name.trim(), value.trim())
    }

    /// Where each setting that was given comes from, the strongest origin of each.
    #[must_use]
    pub fn origins(&self) -> BTreeMap<&'static str, Origin> {
        let tables = self.listeners_origin.iter().map(|origin| ("listeners", origin));
        let layers = [&self.file, &self.environment, &self.flags];
        let given = layers.into_iter().flatten().map(|(name, (origin, _))| (*name, origin));
        tables.chain(given).map(|(name, origin)| (name, origin.clone())).collect()
    }

    /// Builds the typed configuration.
    ///
    /// # Errors
    /// Settings that contradict each other.
    pub fn build(self) -> Result<BrokerConfig, LoadError> {
        build::build(self)
    }
}

/// Whether a variable, without our prefix, is one that Kubernetes gives each container for a Service
/// named `ringtide`. No setting has such a name.
fn is_service_link(rest: &str) -> bool {
    let of_port = |rest: &str| {
        let (port, more) = rest.split_once('_').unwrap_or_default();
        port.parse::<u16>().is_ok() && !more.is_empty()
    };
    matches!(rest, "SERVICE_HOST" | "SERVICE_PORT" | "PORT")
        || rest.starts_with("SERVICE_PORT_")
        || rest.strip_prefix("PORT_").is_some_and(of_port)
}

/// Finds the setting: `_` and `__` stand for `.` (environment variables cannot have dots).
fn known(name: &str, origin: &Origin) -> Result<&'static str, LoadError> {
    let plain = |name: &str| name.replace("__", ".").replace(['_', '-'], ".");
    let wanted = plain(name);
    match broker_keys().iter().find(|key| plain(key.name) == wanted) {
        Some(key) if key.is_settable() => Ok(key.name),
        Some(key) => Err(LoadError::ReadOnly { origin: origin.clone(), name: key.name.to_owned() }),
        None => {
            let settable = broker_keys().iter().filter(|key| key.is_settable());
            let suggestion = closest(&wanted, settable.map(|key| key.name)).map(str::to_owned);
            Err(LoadError::Unknown { origin: origin.clone(), name: name.to_owned(), suggestion })
        }
    }
}

/// Checks a value and writes sizes ("64MiB") as plain numbers of bytes.
fn checked(name: &'static str, text: String, origin: &Origin) -> Result<String, LoadError> {
    let Some(key) = broker_key(name) else { return Ok(text) };
    let text = if is_size(name) { file::plain_bytes(&text).unwrap_or(text) } else { text };
    match key.check(&text) {
        Ok(_) => Ok(text.trim().to_owned()),
        Err(error) => Err(LoadError::Value { origin: origin.clone(), error }),
    }
}

fn is_size(name: &str) -> bool {
    name.ends_with(".bytes") || name == "ring.size"
}

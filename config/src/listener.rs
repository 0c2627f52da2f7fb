//! Listeners: where the broker binds and what it tells clients to connect to.
//!
//! Invariant: an advertised address is never a wildcard; clients could not connect to it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

#[cfg(test)]
mod tests;

/// A host (name or address, without brackets) and a port; port 0 asks the system for a free one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    pub host: String,
    pub port: u16,
}

/// Security protocol of a listener. Only PLAINTEXT exists until the security work lands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    #[default]
    Plaintext,
}

/// One place where the broker accepts Kafka connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Upper case, as Kafka's listener names.
    pub name: String,
    pub bind: HostPort,
    pub protocol: Protocol,
    /// What clients are told; port 0 means "the port that was bound".
    pub advertised: HostPort,
    /// Whether `advertised` was configured, or derived from `bind`.
    pub advertised_given: bool,
}

/// A listener that cannot be used as written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenerError {
    #[error("\"{0}\" is not HOST:PORT; an IPv6 address stands in brackets, as in [::1]:9092")]
    Address(String),
    #[error("\"{0}\" has no port from 0 to 65535")]
    Port(String),
    #[error("listener name \"{0}\" is not made of letters, digits, '_' and '-'")]
    Name(String),
    #[error("listener name \"{0}\" is used twice; give each listener its own name")]
    DuplicateName(String),
    #[error("listener address {0} is used twice; give each listener its own port")]
    DuplicateAddress(HostPort),
    #[error("protocol {0} of a listener is not supported; only PLAINTEXT is served so far")]
    Protocol(String),
    #[error(
        "{0} cannot be advertised: clients cannot connect to a wildcard address; give a host name"
    )]
    AdvertisedWildcard(HostPort),
    #[error("no listener is named \"{0}\"; known: {1}")]
    Unknown(String, String),
    #[error("at least one listener is needed")]
    None,
    #[error("advertised address without a listener name is ambiguous; write NAME://HOST:PORT")]
    Ambiguous,
}

impl HostPort {
    /// What a socket is bound to: an empty host and `*` are Kafka's ways to say "every interface".
    #[must_use]
    pub fn bind_host(&self) -> &str {
        match self.host.as_str() {
            "" | "*" => "0.0.0.0",
            host => host,
        }
    }

    /// Whether this is an address that means "every interface".
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.bind_host().parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified())
    }

    /// The same host at the port that was bound.
    #[must_use]
    pub fn at_port(&self, port: u16) -> Self {
        Self { host: self.host.clone(), port }
    }

    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for HostPort {
    type Err = ListenerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ListenerError::Address(text.to_owned());
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(bad)?;
        let port = port.parse().map_err(|_| ListenerError::Port(text.to_owned()))?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or_else(bad)?,
            None if host.contains([':', '/', ' ']) => return Err(bad()),
            None => host,
        };
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plaintext => f.write_str("PLAINTEXT"),
        }
    }
}

impl FromStr for Protocol {
    type Err = ListenerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("PLAINTEXT") {
            Ok(Self::Plaintext)
        } else {
            Err(ListenerError::Protocol(text.to_owned()))
        }
    }
}

impl Listener {
    /// A PLAINTEXT listener on `bind`; advertises `bind`, or `localhost` where that is a wildcard.
    #[must_use]
    pub fn plaintext(name: &str, bind: HostPort) -> Self {
        let host = if bind.is_wildcard() { "localhost".to_owned() } else { bind.host.clone() };
        let advertised = HostPort { host, port: bind.port };
        let name = name.to_ascii_uppercase();
        Self { name, bind, protocol: Protocol::Plaintext, advertised, advertised_given: false }
    }

    /// Parses `NAME://HOST:PORT` or `HOST:PORT` (then named PLAINTEXT).
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str) -> Result<Self, ListenerError> {
        let (name, address) = split_name(text);
        let name = name.unwrap_or("PLAINTEXT");
        check_name(name)?;
        Ok(Self::plaintext(name, address.parse()?))
    }

    /// Parses a comma-separated list, as Kafka's `listeners`.
    ///
    /// # Errors
    /// One of them is malformed, or two clash.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, ListenerError> {
        let listeners: Vec<Self> =
            text.split(',').map(Self::parse).collect::<Result<_, ListenerError>>()?;
        check_list(&listeners)?;
        Ok(listeners)
    }

    /// The listener as Kafka's `listeners` writes it.
    #[must_use]
    pub fn to_kafka(&self) -> String {
        format!("{}://{}", self.name, self.bind)
    }
}

/// Parses Kafka's `advertised.listeners` against the configured listeners. Where there is one
/// listener, the name may be left out.
///
/// # Errors
/// A malformed address, an unknown name, or a wildcard.
pub fn parse_advertised(
    text: &str,
    listeners: &[Listener],
) -> Result<Vec<(String, HostPort)>, ListenerError> {
    text.split(',')
        .map(|item| {
            let (name, address) = split_name(item);
            let address: HostPort = address.parse()?;
            if address.is_wildcard() {
                return Err(ListenerError::AdvertisedWildcard(address));
            }
            let listener = match (name, listeners) {
                (None, [only]) => only,
                (None, _) => return Err(ListenerError::Ambiguous),
                (Some(name), _) => find(name, listeners)?,
            };
            Ok((listener.name.clone(), address))
        })
        .collect()
}

fn find<'a>(name: &str, listeners: &'a [Listener]) -> Result<&'a Listener, ListenerError> {
    listeners.iter().find(|l| l.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let known: Vec<&str> = listeners.iter().map(|l| l.name.as_str()).collect();
        ListenerError::Unknown(name.to_owned(), known.join(", "))
    })
}

/// Checks what one listener cannot know about the others.
pub(crate) fn check_list(listeners: &[Listener]) -> Result<(), ListenerError> {
    if listeners.is_empty() {
        return Err(ListenerError::None);
    }
    for (index, listener) in listeners.iter().enumerate() {
        let mut earlier = listeners.iter().take(index);
        if earlier.clone().any(|other| other.name == listener.name) {
            return Err(ListenerError::DuplicateName(listener.name.clone()));
        }
        if listener.bind.port != 0 && earlier.any(|other| other.bind == listener.bind) {
            return Err(ListenerError::DuplicateAddress(listener.bind.clone()));
        }
    }
    Ok(())
}

pub(crate) fn check_name(name: &str) -> Result<(), ListenerError> {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(valid) {
        return Err(ListenerError::Name(name.to_owned()));
    }
    Ok(())
}

fn split_name(text: &str) -> (Option<&str>, &str) {
    match text.trim().split_once("://") {
        Some((name, address)) => (Some(name), address),
        None => (None, text.trim()),
    }
}

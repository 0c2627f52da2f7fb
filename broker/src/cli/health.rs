//! `ringtide health`: asks a broker's `/readyz`, for the health checks of containers.
//!
//! The address is the one the broker in the same environment serves: a wildcard is asked at the
//! loopback address.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use broker_env::{Clock, OsClock};
use clap::Args;
use config::{HostPort, Profile};
use protocol_types::Instant;
use serde_json::json;

use super::OutputArgs;
use super::context::Contexts;
use super::error::{CliError, Code};
use super::output::{Format, Output, Rows};
use super::variable::{OrVariable, given};
use crate::serve::{self, ServerArgs};

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// More than any answer of ours has.
const ANSWER_MAX: u64 = 64 << 10;

/// Ask whether a broker serves clients: 0 yes, 7 not yet or no more, 3 not there.
#[derive(Debug, Args)]
pub struct Health {
    /// Where the broker serves HTTP. Default: the context's, else that of the broker's settings.
    #[arg(value_name = "HOST:PORT")]
    address: Option<String>,
    /// The context to use instead of the current one.
    #[arg(long, env = "RINGTIDE_CONTEXT", value_parser = OrVariable, value_name = "NAME")]
    context: Option<String>,
    /// Wait until it does.
    #[arg(short, long)]
    wait: bool,
    /// Seconds to wait for an answer, or with --wait for a good one.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    #[command(flatten)]
    output: OutputArgs,
}

impl Health {
    pub(super) const fn format(&self) -> Format {
        self.output.output
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        let address = self.address()?;
        let clock = OsClock;
        let limit = Duration::from_secs(self.timeout);
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        let end = Instant(clock.now().0.saturating_add(nanos));
        loop {
            let left = Duration::from_nanos(end.nanos_since(clock.now())).max(PAUSE);
            match look(&address, left.min(limit)) {
                Ok(()) => break,
                Err(error) if !self.wait || clock.now() >= end => return Err(error),
                Err(_) => clock.sleep(PAUSE),
            }
        }
        let rows = vec![json!({ "address": address, "state": "ready" })];
        Output::new(self.output.output).rows(&Rows { columns: &["address", "state"], rows })
    }

    fn address(&self) -> Result<String, CliError> {
        if let Some(address) = &self.address {
            return Ok(address.clone());
        }
        let context = Contexts::applying(given(self.context.as_ref()))?;
        if let Some(http) = context.and_then(|context| context.http) {
            return Ok(http);
        }
        let unusable = |text: String| CliError::new(Code::Configuration, text);
        let loader = serve::loader(&ServerArgs::default(), Profile::Standard)
            .map_err(|error| unusable(format!("{error:#}")))?;
        let config = loader.build().map_err(|error| unusable(error.to_string()))?;
        Ok(reachable(&config.http_bind))
    }
}

/// Where a broker that binds `bind` is found from the same machine.
fn reachable(bind: &HostPort) -> String {
    let home = |host: &str| HostPort { host: host.to_owned(), port: bind.port };
    match bind.is_wildcard() {
        true if bind.host.contains(':') => home("::1").to_string(),
        true => home("127.0.0.1").to_string(),
        false => bind.to_string(),
    }
}

/// One question; `Ok` if the answer is 200.
fn look(address: &str, limit: Duration) -> Result<(), CliError> {
    let unreachable = |error: io::Error| {
        CliError::new(Code::NoBroker, format!("nothing answers at http://{address}: {error}"))
            .hint("give the address of the broker's HTTP, as in its --http")
    };
    let (status, body) = ask(address, limit).map_err(unreachable)?;
    if status == 200 {
        return Ok(());
    }
    let body = body.trim();
    let message = format!("http://{address}/readyz says {status}: {body}");
    Err(CliError::new(Code::Unhealthy, message))
}

fn ask(address: &str, limit: Duration) -> io::Result<(u16, String)> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for candidate in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&candidate, limit) {
            Ok(stream) => return get(stream, address, limit),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn get(mut stream: TcpStream, host: &str, limit: Duration) -> io::Result<(u16, String)> {
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_MAX).read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let unknown = || io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP");
    Ok((status.ok_or_else(unknown)?, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0.0.0.0:8080", "127.0.0.1:8080")]
    #[case("*:8080", "127.0.0.1:8080")]
    #[case(":8080", "127.0.0.1:8080")]
    #[case("[::]:8080", "[::1]:8080")]
    #[case("10.1.2.3:80", "10.1.2.3:80")]
    fn a_wildcard_is_asked_at_home(#[case] bind: &str, #[case] address: &str) {
        assert_eq!(reachable(&bind.parse().unwrap()), address);
    }
}

//! One attack on a broker, and whether the broker is the worse for it.

use std::io::{self, ErrorKind};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use protocol_types::ApiKey;
use protocol_wire::frame::PREFIX_LEN;
use protocol_wire::messages::ApiVersionsRequest;
use protocol_wire::request_header::{Parsed, parse};
use protocol_wire::samples::{Fill, frame};
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;

/// What a broker did with a connection.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answered(Bytes),
    Closed,
}

/// Sends `bytes` over a connection of its own and waits for what comes of it.
pub(crate) fn attack(broker: &Broker, bytes: &[u8]) -> Result<Outcome> {
    let mut client = Client::connect(broker.kafka())?;
    // A broker that has seen enough closes before it has everything.
    match client.send_bytes(bytes) {
        Ok(()) => outcome(&mut client),
        Err(error) if is_closed(&error) => Ok(Outcome::Closed),
        Err(error) => Err(error).context("cannot send"),
    }
}

/// As [`attack`], and nothing more will come.
pub(crate) fn attack_and_end(broker: &Broker, bytes: &[u8]) -> Result<Outcome> {
    let mut client = Client::connect(broker.kafka())?;
    client.send_bytes(bytes)?;
    client.stream().shutdown(std::net::Shutdown::Write)?;
    outcome(&mut client)
}

/// Waits for an answer or the end of a connection; that neither comes is an error.
pub(crate) fn outcome(client: &mut Client) -> Result<Outcome> {
    match client.receive_frame() {
        Ok(Some(answer)) => Ok(Outcome::Answered(answer)),
        Ok(None) => Ok(Outcome::Closed),
        Err(error) if error.downcast_ref().is_some_and(is_closed) => Ok(Outcome::Closed),
        Err(error) => Err(error).context("neither answered nor closed"),
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof
    )
}

/// An honest client is served.
pub(crate) fn serves(broker: &Broker) -> Result<()> {
    let mut client = Client::connect(broker.kafka()).with_context(|| broker.launch().log())?;
    serves_over(&mut client)
}

/// An honest client is served over this connection.
pub(crate) fn serves_over(client: &mut Client) -> Result<()> {
    let answer = client.call(0, &ApiVersionsRequest::default())?;
    ensure!(answer.error_code == 0, "ApiVersions: error {}", answer.error_code);
    Ok(())
}

/// Runs `act` and holds the growth of the broker's resident memory to `bytes`.
pub(crate) fn holds_memory(
    broker: &Broker,
    bytes: u64,
    act: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let before = broker.resident_bytes()?;
    act()?;
    let after = broker.resident_bytes()?;
    let grown = after.saturating_sub(before);
    ensure!(grown <= bytes, "memory grew by {grown} bytes from {before}, allowed are {bytes}");
    Ok(())
}

/// The frame of a well-formed request, and where its body starts.
pub(crate) fn sample(api: ApiKey, version: i16) -> Result<(Vec<u8>, usize)> {
    let frame = frame(api, version, Fill::Full)?;
    let header = frame.get(PREFIX_LEN..).context("no header")?;
    let Parsed::Served(header) = parse(header)? else { bail!("{api:?} {version} is not served") };
    Ok((frame.to_vec(), PREFIX_LEN + header.body_at))
}

/// Makes the length prefix fit the frame.
pub(crate) fn set_length(frame: &mut [u8]) {
    let length = u32::try_from(frame.len() - PREFIX_LEN).expect("a frame of a test");
    let prefix = frame.first_chunk_mut::<PREFIX_LEN>().expect("a frame of a test");
    *prefix = length.to_be_bytes();
}

//! One connection: frames, correlation, versions.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use protocol_types::ApiKey;
use protocol_wire::messages::{ApiVersionsRequest, Request};
use protocol_wire::request::{decode_response, encode_request};

use crate::cli::error::{CliError, Code};

/// Larger than any answer to what we ask.
const ANSWER_MAX: u32 = 256 << 20;
/// The name brokers see.
const CLIENT_ID: &str = "ringtide-cli";

/// See the module documentation.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    peer: String,
    correlation_id: i32,
    /// What the broker serves: lowest and highest version by api.
    served: BTreeMap<i16, (i16, i16)>,
}

impl Connection {
    /// Connects and asks what the broker serves.
    pub(super) fn open(address: &str, limit: Duration) -> io::Result<Self> {
        let with_port =
            if has_port(address) { address.to_owned() } else { format!("{address}:9092") };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for candidate in with_port.to_socket_addrs()? {
            match TcpStream::connect_timeout(&candidate, limit) {
                Ok(stream) => return Self::over(stream, with_port, limit),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn over(stream: TcpStream, peer: String, limit: Duration) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        // A broker answers a waiting request at its own time limit; give it a moment more.
        let patience = limit + Duration::from_secs(5);
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        let mut connection = Self { stream, peer, correlation_id: 0, served: BTreeMap::new() };
        // Version 0 is understood by every broker there is.
        let answer = connection
            .exchange(0, &ApiVersionsRequest::default())
            .map_err(|error| io::Error::other(error.to_string()))?;
        connection.served = answer
            .api_keys
            .iter()
            .map(|api| (api.api_key, (api.min_version, api.max_version)))
            .collect();
        Ok(connection)
    }

    pub(super) fn serves(&self, api: ApiKey) -> bool {
        self.served.contains_key(&(api as i16))
    }

    /// Sends a request in the best common version and waits for its answer.
    pub(super) fn call<R: Request + 'static>(
        &mut self,
        api: ApiKey,
        versions: (i16, i16),
        request: &R,
    ) -> Result<R::Response, CliError> {
        let version = self.version(api, versions)?;
        self.exchange(version, request)
    }

    /// Sends a request; the version it went in.
    pub(super) fn send<R: Request + 'static>(
        &mut self,
        api: ApiKey,
        versions: (i16, i16),
        request: &R,
    ) -> Result<i16, CliError> {
        let version = self.version(api, versions)?;
        self.write(version, request)?;
        Ok(version)
    }

    fn version(&self, api: ApiKey, (min, max): (i16, i16)) -> Result<i16, CliError> {
        let served = self.served.get(&(api as i16));
        let best = served.map(|(low, high)| (min.max(*low), max.min(*high)));
        best.filter(|(low, high)| low <= high).map(|(_, high)| high).ok_or_else(|| {
            let message = format!(
                "{} does not serve {} in a version from {min} to {max}",
                self.peer,
                api.name()
            );
            CliError::new(Code::NotServed, message)
        })
    }

    fn exchange<R: Request + 'static>(
        &mut self,
        version: i16,
        request: &R,
    ) -> Result<R::Response, CliError> {
        self.write(version, request)?;
        let frame = self.read().map_err(|error| self.lost(&error))?;
        let (correlation_id, answer) = decode_response::<R>(version, frame).map_err(|error| {
            CliError::new(Code::BadAnswer, format!("{} answered: {error}", self.peer))
        })?;
        if correlation_id != self.correlation_id {
            return Err(CliError::new(
                Code::BadAnswer,
                format!("{} answered another request", self.peer),
            ));
        }
        Ok(answer)
    }

    fn write<R: Request + 'static>(&mut self, version: i16, request: &R) -> Result<(), CliError> {
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let mut frame = BytesMut::new();
        encode_request(&mut frame, version, self.correlation_id, Some(CLIENT_ID), request)
            .map_err(|error| CliError::failed(error.to_string()))?;
        self.stream.write_all(&frame).map_err(|error| self.lost(&error))
    }

    fn read(&mut self) -> io::Result<Bytes> {
        let mut len = [0; 4];
        self.stream.read_exact(&mut len)?;
        let len = u32::from_be_bytes(len);
        if len > ANSWER_MAX {
            let what = format!("an answer of {len} bytes; is this a Kafka listener?");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let mut frame = BytesMut::zeroed(protocol_types::to_usize(len.into()));
        self.stream.read_exact(&mut frame)?;
        Ok(frame.freeze())
    }

    fn lost(&self, error: &io::Error) -> CliError {
        let kind = error.kind();
        let why = if matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            "no answer in time".to_owned()
        } else if kind == io::ErrorKind::UnexpectedEof {
            "the broker closed the connection".to_owned()
        } else {
            error.to_string()
        };
        CliError::new(Code::ConnectionLost, format!("{}: {why}", self.peer))
    }
}

fn has_port(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(host, port)| {
        port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']'))
    })
}

//! A small Kafka client for tests: blocking, one connection, no retries, nothing hidden.
//!
//! [`Client`] sends any request in any version, and raw bytes; the methods in `admin`, `produce`
//! and `fetch` are the common calls with plain arguments. Error codes are returned, never acted on.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::{Bytes, BytesMut};
use protocol_wire::messages::Request;
use protocol_wire::request::{decode_response, encode_request};

mod admin;
mod fetch;
pub mod groups;
mod offsets;
mod produce;

pub use admin::ListedOffset;
pub use fetch::{FetchFrom, Fetched};
pub use groups::Member;
pub use produce::Produced;

/// A broker that has not answered by then never will.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Larger than any answer of a test.
const FRAME_MAX: usize = 256 << 20;

/// One connection to a broker.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    correlation_id: i32,
    client_id: String,
}

impl Client {
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect(address)?)
    }

    /// Speaks over a connection that the test has made.
    pub fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        stream.set_write_timeout(Some(ANSWER_LIMIT))?;
        Ok(Self { stream, correlation_id: 0, client_id: "e2e".to_owned() })
    }

    /// Calls itself so from the next request on.
    #[must_use]
    pub fn named(mut self, client_id: &str) -> Self {
        client_id.clone_into(&mut self.client_id);
        self
    }

    /// The connection, for what a client should not do.
    pub fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Sends a request and waits for its answer.
    pub fn call<R: Request + 'static>(&mut self, version: i16, request: &R) -> Result<R::Response> {
        let correlation_id = self.send(version, request)?;
        self.receive::<R>(version, correlation_id)
    }

    /// Sends a request; returns its correlation id.
    pub fn send<R: Request + 'static>(&mut self, version: i16, request: &R) -> Result<i32> {
        self.correlation_id += 1;
        let mut frame = BytesMut::new();
        let client_id = Some(self.client_id.as_str());
        encode_request(&mut frame, version, self.correlation_id, client_id, request)?;
        self.send_bytes(&frame)?;
        Ok(self.correlation_id)
    }

    /// Waits for the answer to the request with `correlation_id`, which is the next to come.
    pub fn receive<R: Request>(
        &mut self,
        version: i16,
        correlation_id: i32,
    ) -> Result<R::Response> {
        let closed =
            || io::Error::new(io::ErrorKind::UnexpectedEof, "broker closed the connection");
        let frame = self.receive_frame()?.ok_or_else(closed)?;
        let (answered, body) = decode_response::<R>(version, frame)?;
        ensure!(answered == correlation_id, "answer to {answered} instead of {correlation_id}");
        Ok(body)
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next answer without its length; `None` if the broker has closed the connection instead.
    pub fn receive_frame(&mut self) -> Result<Option<Bytes>> {
        let mut prefix = [0; 4];
        match self.stream.read(&mut prefix)? {
            0 => return Ok(None),
            read => self.stream.read_exact(prefix.split_at_mut(read).1)?,
        }
        let len = usize::try_from(i32::from_be_bytes(prefix)).context("negative frame length")?;
        ensure!(len <= FRAME_MAX, "frame of {len} bytes");
        let mut frame = vec![0; len];
        self.stream.read_exact(&mut frame)?;
        Ok(Some(frame.into()))
    }
}

//! The load: one event loop over nonblocking sockets, each with a fixed number of requests in
//! flight. It looks at nothing of an answer but its length and error code.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::event::epoll;

use crate::frames::Train;
use crate::quantile;

/// What a window of load came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    pub batches: u64,
    /// Batches refused with an error code; they are not in `batches`.
    pub refused: u64,
    pub seconds: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
}

struct Connection {
    socket: TcpStream,
    train: Train,
    /// Next byte of the train to send.
    at: usize,
    in_flight: usize,
    sent: VecDeque<Instant>,
    received: Vec<u8>,
}

/// Connections under load.
pub(crate) struct Load {
    poll: rustix::fd::OwnedFd,
    connections: Vec<Connection>,
    depth: usize,
    scratch: Vec<u8>,
    latencies: Vec<u32>,
    acked: u64,
    refused: u64,
}

impl Load {
    /// Connects one socket per train.
    pub(crate) fn connect(address: SocketAddr, trains: &[Train], depth: usize) -> Result<Self> {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut connections = Vec::with_capacity(trains.len());
        for (number, train) in (0..).zip(trains) {
            let socket = TcpStream::connect(address).context("connect")?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            let both = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
            epoll::add(&poll, &socket, epoll::EventData::new_u64(number), both)?;
            connections.push(Connection {
                socket,
                train: train.clone(),
                at: 0,
                in_flight: 0,
                sent: VecDeque::with_capacity(depth),
                received: Vec::new(),
            });
        }
        let scratch = vec![0; 256 << 10];
        let latencies = Vec::new();
        Ok(Self { poll, connections, depth, scratch, latencies, acked: 0, refused: 0 })
    }

    /// Keeps the load up for `span`; counts what was answered in it.
    pub(crate) fn run(&mut self, span: Duration) -> Result<Window> {
        self.run_until(span, u64::MAX)
    }

    /// Keeps the load up until `batches` were acknowledged, for a minute at the most.
    pub(crate) fn run_batches(&mut self, batches: u64) -> Result<Window> {
        self.run_until(Duration::from_secs(60), batches)
    }

    fn run_until(&mut self, span: Duration, batches: u64) -> Result<Window> {
        (self.acked, self.refused) = (0, 0);
        self.latencies.clear();
        let began = Instant::now();
        for number in 0..self.connections.len() {
            self.send(number)?;
        }
        let mut events = Vec::with_capacity(256);
        while began.elapsed() < span && self.acked < batches {
            events.clear();
            let tick = rustix::time::Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
            epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut events), Some(&tick))?;
            for event in &events {
                let number = usize::try_from(event.data.u64())?;
                self.receive(number)?;
                self.send(number)?;
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        self.latencies.sort_unstable();
        let us = |share| quantile::us(&self.latencies, share);
        let (p50_us, p99_us, p999_us) = (us(0.5), us(0.99), us(0.999));
        let (batches, refused) = (self.acked, self.refused);
        Ok(Window { batches, refused, seconds, p50_us, p99_us, p999_us })
    }

    /// Takes in the answers to what is in flight, so that the next window starts empty.
    pub(crate) fn drain(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut events = Vec::with_capacity(256);
        while self.connections.iter().any(|connection| connection.in_flight > 0) {
            if Instant::now() > deadline {
                bail!("requests stay unanswered");
            }
            self.finish_partial_sends()?;
            events.clear();
            let tick = rustix::time::Timespec { tv_sec: 0, tv_nsec: 5_000_000 };
            epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut events), Some(&tick))?;
            for number in 0..self.connections.len() {
                self.receive(number)?;
            }
        }
        Ok(())
    }

    fn send(&mut self, number: usize) -> Result<()> {
        let connection = &mut self.connections[number];
        let frame = connection.train.frame;
        loop {
            let partial = connection.at % frame;
            let whole = self.depth - connection.in_flight;
            let mut allowed = whole * frame;
            if partial > 0 {
                allowed += frame - partial;
            }
            if allowed == 0 {
                return Ok(());
            }
            let end = (connection.at + allowed).min(connection.train.bytes.len());
            match connection.socket.write(&connection.train.bytes[connection.at..end]) {
                Ok(0) => bail!("the broker closed the connection"),
                Ok(written) => {
                    // A request counts as sent with its first byte.
                    let before = connection.at.div_ceil(frame);
                    let after = (connection.at + written).div_ceil(frame);
                    let now = Instant::now();
                    connection.sent.extend((before..after).map(|_| now));
                    connection.in_flight += after - before;
                    connection.at = (connection.at + written) % connection.train.bytes.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("send"),
            }
        }
    }

    fn finish_partial_sends(&mut self) -> Result<()> {
        for connection in &mut self.connections {
            let frame = connection.train.frame;
            let partial = connection.at % frame;
            if partial == 0 {
                continue;
            }
            let end = connection.at - partial + frame;
            match connection.socket.write(&connection.train.bytes[connection.at..end]) {
                Ok(written) => {
                    connection.at = (connection.at + written) % connection.train.bytes.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("send"),
            }
        }
        Ok(())
    }

    fn receive(&mut self, number: usize) -> Result<()> {
        let connection = &mut self.connections[number];
        loop {
            match connection.socket.read(&mut self.scratch) {
                Ok(0) => bail!("the broker closed the connection"),
                Ok(len) => connection.received.extend_from_slice(&self.scratch[..len]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("receive"),
            }
        }
        let now = Instant::now();
        let mut at = 0;
        while let Some(answer) = next_frame(&connection.received[at..]) {
            let code = answer.get(connection.train.error_at..connection.train.error_at + 2);
            let code = code.context("an answer is too short")?;
            if code == [0, 0] {
                self.acked += 1
            } else {
                self.refused += 1
            }
            let sent = connection.sent.pop_front().context("an answer nobody asked for")?;
            let nanos = u32::try_from(now.duration_since(sent).as_nanos()).unwrap_or(u32::MAX);
            self.latencies.push(nanos);
            connection.in_flight -= 1;
            at += answer.len();
        }
        connection.received.drain(..at);
        Ok(())
    }
}

fn next_frame(bytes: &[u8]) -> Option<&[u8]> {
    let len = u32::from_be_bytes(*bytes.first_chunk()?);
    bytes.get(..4 + usize::try_from(len).ok()?)
}

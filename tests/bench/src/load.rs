//! The load: one event loop over nonblocking sockets. It looks at nothing of an answer but its length
//! and error code.
//!
//! Either each connection has a fixed number of requests in flight (here), or requests fall due at a
//! fixed rate, whatever becomes of earlier ones (`load/paced.rs`).

mod connection;
mod paced;
mod sequence;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::event::epoll;

use crate::frames::Train;
use crate::quantile;
use connection::{Answers, Connection};

/// What a window of load came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    pub batches: u64,
    /// Batches refused with an error code; they are not in `batches`.
    pub refused: u64,
    /// Connections without an answer in the window.
    pub silent: usize,
    pub seconds: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
    /// How long after they fell due requests were sent; `None` if none fell due.
    pub late_p99_us: Option<f64>,
}

/// The longest that anything is waited for under load.
const LONGEST: Duration = Duration::from_millis(50);

/// Connections under load.
#[derive(Debug)]
pub(crate) struct Load {
    poll: rustix::fd::OwnedFd,
    connections: Vec<Connection>,
    /// Requests a connection has in flight; 0 while requests fall due at a rate.
    depth: usize,
    answers: Answers,
    /// How long after it fell due each request was sent, in nanoseconds.
    late: Vec<u32>,
}

impl Load {
    /// Connects one socket per train.
    pub(crate) fn connect(address: SocketAddr, trains: &[Train], depth: usize) -> Result<Self> {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut connections = Vec::with_capacity(trains.len());
        for (number, train) in (0..).zip(trains) {
            let connection = Connection::open(address, train)?;
            let both = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
            epoll::add(&poll, connection.socket(), epoll::EventData::new_u64(number), both)?;
            connections.push(connection);
        }
        Ok(Self { poll, connections, depth, answers: Answers::default(), late: Vec::new() })
    }

    /// Keeps the load up for `span`; counts what was answered in it.
    pub(crate) fn run(&mut self, span: Duration) -> Result<Window> {
        self.run_until(span, u64::MAX)
    }

    /// Keeps the load up until `batches` were acknowledged, for a minute at the most.
    pub(crate) fn run_batches(&mut self, batches: u64) -> Result<Window> {
        self.run_until(Duration::from_secs(60), batches)
    }

    /// Keeps the load up until `batches` were acknowledged or `span` is over.
    pub(crate) fn run_until(&mut self, span: Duration, batches: u64) -> Result<Window> {
        self.clear();
        let began = Instant::now();
        for number in 0..self.connections.len() {
            self.send(number)?;
        }
        let mut events = Vec::with_capacity(256);
        while began.elapsed() < span && self.answers.acked < batches {
            self.wait(&mut events, LONGEST)?;
            for event in &events {
                let number = usize::try_from(event.data.u64())?;
                self.receive(number)?;
                self.send(number)?;
            }
        }
        Ok(self.window(began.elapsed()))
    }

    /// Takes in the answers to what is in flight, so that the next window starts empty.
    pub(crate) fn drain(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut events = Vec::with_capacity(256);
        while self.connections.iter().any(|connection| !connection.is_idle()) {
            if Instant::now() > deadline {
                bail!("requests stay unanswered");
            }
            for connection in &mut self.connections {
                connection.finish_partial_send()?;
            }
            self.wait(&mut events, Duration::from_millis(5))?;
            for number in 0..self.connections.len() {
                self.receive(number)?;
            }
        }
        Ok(())
    }

    /// Waits until a socket is ready, for `longest` at the most, in whole milliseconds.
    fn wait(&self, events: &mut Vec<epoll::Event>, longest: Duration) -> Result<()> {
        events.clear();
        let longest = rustix::time::Timespec {
            tv_sec: i64::try_from(longest.as_secs())?,
            tv_nsec: longest.subsec_nanos().into(),
        };
        epoll::wait(&self.poll, rustix::buffer::spare_capacity(events), Some(&longest))?;
        Ok(())
    }

    fn send(&mut self, number: usize) -> Result<()> {
        let connection = &mut self.connections[number];
        connection.send_to_depth(self.depth)
    }

    fn receive(&mut self, number: usize) -> Result<()> {
        self.connections[number].receive(&mut self.answers)
    }

    /// A window begins.
    fn clear(&mut self) {
        self.answers.clear();
        self.late.clear();
        for connection in &mut self.connections {
            connection.is_answered = false;
        }
    }

    fn window(&mut self, elapsed: Duration) -> Window {
        self.answers.nanos.sort_unstable();
        self.late.sort_unstable();
        let us = |share| quantile::us(&self.answers.nanos, share);
        Window {
            batches: self.answers.acked,
            refused: self.answers.refused,
            silent: self.connections.iter().filter(|connection| !connection.is_answered).count(),
            seconds: elapsed.as_secs_f64(),
            p50_us: us(0.5),
            p99_us: us(0.99),
            p999_us: us(0.999),
            late_p99_us: (!self.late.is_empty()).then(|| quantile::us(&self.late, 0.99)),
        }
    }
}

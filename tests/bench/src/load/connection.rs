//! One connection: sends its train round and round, counts the answers.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use super::sequence::Sequences;
use crate::frames::Train;
use crate::quantile;

/// The answers of all connections in a window.
#[derive(Debug)]
pub(super) struct Answers {
    pub acked: u64,
    pub refused: u64,
    /// From when a request was sent, or was due, to its answer; in nanoseconds.
    pub nanos: Vec<u32>,
    scratch: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Connection {
    socket: TcpStream,
    train: Train,
    /// The train's bytes, its own: sequence numbers are written into them.
    bytes: Vec<u8>,
    sequences: Option<Sequences>,
    /// Next byte of the train to send.
    at: usize,
    /// Times of what is in flight.
    sent: VecDeque<Instant>,
    /// Times at which requests fell due that are not sent yet.
    due: VecDeque<Instant>,
    received: Vec<u8>,
    /// Whether the window saw an answer here.
    pub(super) is_answered: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self { acked: 0, refused: 0, nanos: Vec::new(), scratch: vec![0; 256 << 10] }
    }
}

impl Answers {
    pub(super) fn clear(&mut self) {
        (self.acked, self.refused) = (0, 0);
        self.nanos.clear();
    }
}

impl Connection {
    pub(super) fn open(address: SocketAddr, train: &Train) -> Result<Self> {
        let socket = TcpStream::connect(address).context("connect")?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            train: train.clone(),
            bytes: train.bytes.to_vec(),
            sequences: train.sequenced.map(Sequences::new),
            at: 0,
            sent: VecDeque::new(),
            due: VecDeque::new(),
            received: Vec::new(),
            is_answered: false,
        })
    }

    pub(super) const fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Whether everything that was sent is answered.
    pub(super) fn is_idle(&self) -> bool {
        self.sent.is_empty()
    }

    /// Whether everything that fell due is on its way.
    pub(super) fn is_sent(&self) -> bool {
        self.due.is_empty()
    }

    /// Sends until `depth` requests are in flight, or the socket takes no more.
    pub(super) fn send_to_depth(&mut self, depth: usize) -> Result<()> {
        loop {
            let whole = depth - self.sent.len();
            let Some(begun) = self.write(whole)? else { return Ok(()) };
            let now = Instant::now();
            self.sent.extend((0..begun).map(|_| now));
        }
    }

    /// A request falls due at `at`; it is sent with the next [`Self::send_due`].
    pub(super) fn owe(&mut self, at: Instant) {
        self.due.push_back(at);
    }

    /// Sends what is due, as far as the socket takes it; adds to `late` how many nanoseconds after it
    /// fell due each was sent.
    pub(super) fn send_due(&mut self, late: &mut Vec<u32>) -> Result<()> {
        let now = Instant::now();
        while let Some(begun) = self.write(self.due.len())? {
            late.extend(self.due.iter().take(begun).map(|due| quantile::nanos(now, *due)));
            self.sent.extend(self.due.drain(..begun));
        }
        Ok(())
    }

    /// Sends the rest of a request that is only partly sent.
    pub(super) fn finish_partial_send(&mut self) -> Result<()> {
        self.write(0).map(drop)
    }

    /// Writes the rest of a request that is partly sent, and up to `whole` more: how many of those
    /// were begun. `None` if there was nothing to write or the socket took nothing.
    fn write(&mut self, whole: usize) -> Result<Option<usize>> {
        let frame = self.train.frame;
        let partial = self.at % frame;
        let rest = if partial > 0 { frame - partial } else { 0 };
        let end = (self.at + rest + whole * frame).min(self.bytes.len());
        if end == self.at {
            return Ok(None);
        }
        if let Some(sequences) = &mut self.sequences {
            let first = self.at.div_ceil(frame);
            sequences.stamp(&mut self.bytes, &self.train, first..end / frame);
        }
        match self.socket.write(&self.bytes[self.at..end]) {
            Ok(0) => bail!("the broker closed the connection"),
            Ok(written) => {
                // A request counts as sent with its first byte.
                let begun = (self.at + written).div_ceil(frame) - self.at.div_ceil(frame);
                if let Some(sequences) = &mut self.sequences {
                    sequences.advance(begun);
                }
                self.at = (self.at + written) % self.bytes.len();
                Ok(Some(begun))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error).context("send"),
        }
    }

    /// Takes in all answers that have arrived.
    pub(super) fn receive(&mut self, answers: &mut Answers) -> Result<()> {
        loop {
            match self.socket.read(&mut answers.scratch) {
                Ok(0) => bail!("the broker closed the connection"),
                Ok(len) => self.received.extend_from_slice(&answers.scratch[..len]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("receive"),
            }
        }
        let now = Instant::now();
        let mut at = 0;
        while let Some(answer) = next_frame(&self.received[at..]) {
            let code = answer.get(self.train.error_at..self.train.error_at + 2);
            if code.context("an answer is too short")? == [0, 0] {
                answers.acked += 1;
            } else {
                answers.refused += 1;
            }
            let sent = self.sent.pop_front().context("an answer nobody asked for")?;
            answers.nanos.push(quantile::nanos(now, sent));
            self.is_answered = true;
            at += answer.len();
        }
        self.received.drain(..at);
        Ok(())
    }
}

fn next_frame(bytes: &[u8]) -> Option<&[u8]> {
    let len = u32::from_be_bytes(*bytes.first_chunk()?);
    bytes.get(..4 + usize::try_from(len).ok()?)
}

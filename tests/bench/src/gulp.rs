//! Reads a part of a topic as fast as the broker gives it, and throws it away in the kernel.
//!
//! All batches have one length and one record, so that the next requests can be sent before the
//! answer to the last is there.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::net::RecvFlags;

use crate::question::{Question, answer_head, each_part};

/// Bytes of each answer's batches: what clients ask for by default, and the most that Ringtide reads
/// of a sealed file at once.
const ANSWER: usize = 1 << 20;
/// Requests a connection has in flight.
const DEPTH: usize = 8;

/// A connection that reads one partition.
#[derive(Debug)]
pub(crate) struct Gulp {
    socket: TcpStream,
    question: Question,
    partition: i32,
    head: Vec<u8>,
    sink: Vec<u8>,
    /// Batches of an answer.
    step: i64,
    /// Offsets of the first batches that are asked for next, and that are answered next.
    asked: i64,
    taken: i64,
}

impl Gulp {
    /// `batch` is the length of every batch.
    pub(crate) fn connect(
        address: SocketAddr,
        topic: &str,
        partition: i32,
        batch: usize,
    ) -> Result<Self> {
        ensure!(ANSWER.is_multiple_of(batch), "an answer is whole batches");
        let socket = TcpStream::connect(address).context("connect")?;
        socket.set_nodelay(true)?;
        let question = Question::new(topic, &[partition], 1..=i32::try_from(ANSWER)?)?;
        let (head, sink) = (vec![0; 4 + answer_head(topic)], vec![0; 1 << 20]);
        let step = i64::try_from(ANSWER / batch)?;
        Ok(Self { socket, question, partition, head, sink, step, asked: 0, taken: 0 })
    }

    /// Reads from the start up to offset `end`; one turn of several connections that share a thread.
    pub(crate) fn rewind(&mut self) {
        (self.asked, self.taken) = (0, 0);
    }

    /// Keeps requests in flight and takes one answer; yields its bytes, 0 at the end.
    pub(crate) fn turn(&mut self, end: i64) -> Result<u64> {
        let depth = self.step * i64::try_from(DEPTH)?;
        while self.asked + self.step <= end && self.asked - self.taken < depth {
            self.question.set_offset(self.partition, self.asked)?;
            self.socket.write_all(self.question.frame()).context("send")?;
            self.asked += self.step;
        }
        if self.taken == self.asked {
            return Ok(0);
        }
        self.socket.read_exact(&mut self.head)?;
        self.check_head()?;
        // The first batch's base offset tells whether the answer is to the question.
        let mut base = [0; 8];
        self.socket.read_exact(&mut base)?;
        ensure!(i64::from_be_bytes(base) == self.taken, "an answer from the wrong offset");
        let mut left = ANSWER - base.len();
        while left > 0 {
            let most = left.min(self.sink.len());
            // `TRUNC` on a stream: the kernel drops the bytes instead of copying them.
            let (_, len) =
                rustix::net::recv(&self.socket, &mut self.sink[..most], RecvFlags::TRUNC)?;
            if len == 0 {
                bail!("the broker closed the connection");
            }
            left -= len;
        }
        self.taken += self.step;
        Ok(ANSWER as u64)
    }

    /// One partition, no error, and as many bytes as were asked for.
    fn check_head(&self) -> Result<()> {
        let (rest, len) = self.head.split_last_chunk::<4>().context("a head")?;
        let len = usize::try_from(i32::from_be_bytes(*len))?;
        // Without its batches it is an answer without any.
        let empty = [&rest[4..], &[0; 4]].concat();
        each_part(&empty, |_, _| Ok(()))?;
        ensure!(len == ANSWER, "{len} bytes of batches at offset {}", self.taken);
        Ok(())
    }
}

//! One consumer at the end of a topic: a connection with one fetch in flight, all the time.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, bail};

use crate::question::{Question, each_part};

/// Most bytes a fetch brings of one partition.
const BYTES_MAX: i32 = 1 << 20;

/// See the module documentation.
#[derive(Debug)]
pub(super) struct Tail {
    pub socket: TcpStream,
    question: Question,
    /// Next offset of each partition.
    pub next: Vec<i64>,
    received: Vec<u8>,
    /// Bytes of `received` that are filled.
    filled: usize,
}

impl Tail {
    /// Starts to wait for `bytes_min` from `next` of each partition of `topic` on.
    pub(super) fn connect(
        address: SocketAddr,
        topic: &str,
        bytes_min: i32,
        next: Vec<i64>,
    ) -> Result<Self> {
        let mut socket = TcpStream::connect(address).context("connect")?;
        socket.set_nodelay(true)?;
        let partitions: Vec<i32> = (0..).take(next.len()).collect();
        let mut question = Question::new(topic, &partitions, bytes_min..=BYTES_MAX)?;
        for (partition, offset) in partitions.iter().zip(&next) {
            question.set_offset(*partition, *offset)?;
        }
        socket.write_all(question.frame())?;
        socket.set_nonblocking(true)?;
        let received = vec![0; 64 << 10];
        Ok(Self { socket, question, next, received, filled: 0 })
    }

    /// Takes the answer if it is there, and asks again. Calls `delivered` with the partition, the
    /// offset and the bytes of each batch.
    pub(super) fn receive(&mut self, mut delivered: impl FnMut(usize, i64, usize)) -> Result<()> {
        loop {
            if self.filled == self.received.len() {
                self.received.resize(self.filled * 2, 0);
            }
            match self.socket.read(&mut self.received[self.filled..]) {
                Ok(0) => bail!("the broker closed the connection"),
                Ok(len) => self.filled += len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("receive"),
            }
            let Some(len) = self.received[..self.filled].first_chunk::<4>() else { continue };
            let len = 4 + usize::try_from(u32::from_be_bytes(*len))?;
            if self.filled < len {
                continue;
            }
            let (next, question) = (&mut self.next, &mut self.question);
            each_part(&self.received[4..len], |partition, records| {
                let number = usize::try_from(partition)?;
                for batch in protocol_records::batches(records) {
                    let batch = batch?;
                    delivered(number, batch.base_offset().to_wire(), batch.bytes().len());
                    next[number] = batch.next_offset().to_wire();
                }
                question.set_offset(partition, next[number])
            })?;
            // One question is in flight, so nothing is behind its answer.
            self.filled = 0;
            let asked = self.socket.write(self.question.frame()).context("send")?;
            anyhow::ensure!(asked == self.question.frame().len(), "a socket takes one question");
        }
    }
}

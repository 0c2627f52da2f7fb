//! One connection that writes single batches to one partition when it is told to.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::frames::Train;
use crate::quantile;

/// How long a broker may refuse a topic it just created.
const SETTLE_MAX: Duration = Duration::from_secs(20);

/// See the module documentation.
#[derive(Debug)]
pub(super) struct Producer {
    pub socket: TcpStream,
    train: Train,
    /// Next byte of the train to send.
    at: usize,
    /// When each request was due that is not wholly sent yet.
    owed: VecDeque<Instant>,
    /// When each request was due that is sent and not answered.
    pub sent: VecDeque<Instant>,
    received: Vec<u8>,
    /// Offset of the next batch.
    pub next: i64,
}

impl Producer {
    /// Connects, and writes a batch until one is taken, which tells where the partition is.
    pub(super) fn connect(address: SocketAddr, train: Train) -> Result<Self> {
        let mut socket = TcpStream::connect(address).context("connect")?;
        socket.set_nodelay(true)?;
        let began = Instant::now();
        let mut answer = vec![0; train.answer];
        loop {
            socket.write_all(&train.bytes[..train.frame])?;
            socket.read_exact(&mut answer)?;
            let code = &answer[train.error_at..train.error_at + 2];
            if code == [0, 0] {
                break;
            }
            ensure!(began.elapsed() < SETTLE_MAX, "a new topic takes nothing: error {code:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        let offset = answer[train.error_at + 2..].first_chunk().context("an offset")?;
        let next = i64::from_be_bytes(*offset) + 1;
        socket.set_nonblocking(true)?;
        let (owed, sent, received) = (VecDeque::new(), VecDeque::new(), Vec::new());
        Ok(Self { socket, train, at: 0, owed, sent, received, next })
    }

    /// A request is due; call [`Self::send`] then.
    pub(super) fn owe(&mut self, due: Instant) {
        self.owed.push_back(due);
        self.next += 1;
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.owed.is_empty() && self.sent.is_empty()
    }

    /// Sends what is due, as far as the socket takes it; adds to `late` how many nanoseconds after it
    /// fell due each was sent.
    pub(super) fn send(&mut self, late: &mut Vec<u32>) -> Result<()> {
        let now = Instant::now();
        let Train { bytes, frame, .. } = &self.train;
        while !self.owed.is_empty() {
            let partial = self.at % frame;
            let end = (self.at - partial + self.owed.len() * frame).min(bytes.len());
            match self.socket.write(&bytes[self.at..end]) {
                Ok(0) => bail!("the broker closed the connection"),
                Ok(written) => {
                    let whole = (partial + written) / frame;
                    late.extend(self.owed.iter().take(whole).map(|due| quantile::nanos(now, *due)));
                    self.sent.extend(self.owed.drain(..whole));
                    self.at = (self.at + written) % bytes.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("send"),
            }
        }
        Ok(())
    }

    /// Takes the answers that are there: calls `answered` with when each was due and whether it was
    /// refused.
    pub(super) fn receive(
        &mut self,
        scratch: &mut [u8],
        mut answered: impl FnMut(Instant, bool),
    ) -> Result<()> {
        loop {
            match self.socket.read(scratch) {
                Ok(0) => bail!("the broker closed the connection"),
                Ok(len) => self.received.extend_from_slice(&scratch[..len]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("receive"),
            }
        }
        let mut at = 0;
        while let Some(len) = self.received[at..].first_chunk::<4>() {
            let len = 4 + usize::try_from(u32::from_be_bytes(*len))?;
            let Some(answer) = self.received.get(at..at + len) else { break };
            let code = answer.get(self.train.error_at..self.train.error_at + 2);
            let refused = code.context("an answer is too short")? != [0, 0];
            answered(self.sent.pop_front().context("an answer nobody asked for")?, refused);
            at += len;
        }
        self.received.drain(..at);
        Ok(())
    }
}

//! Whole requests over one connection: socket, frame, header, version, authorisation, handler, answer, socket.
//!
//! Client and connection share a thread and a runtime, so that everything is counted and nothing is left to a
//! scheduler. The client's own calls are counted with it; they do nothing but move bytes.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream as StdStream};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use broker_server::serve_alone;
use bytes::Bytes;
use protocol_types::FlushPolicy;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

use super::Step;
use crate::input::{self, Size};
use crate::node::Node;

/// The most bytes of all answers to the requests of a step.
const ANSWERS_MAX: usize = 64 << 10;

/// Requests that name no partition, sixteen in one write: all that comes before and after a handler.
pub(super) fn dispatch(_: Size) -> Result<Box<dyn Step>> {
    let mut lone = Lone::open()?;
    lone.repeat(&input::produce(None)?, 16, input::check_produced)?;
    Ok(Box::new(lone))
}

/// One batch a request; sixteen small ones in one write, two large ones.
pub(super) fn produce(size: Size) -> Result<Box<dyn Step>> {
    let requests = match size {
        Size::Large => 2,
        Size::Small => 16,
    };
    let mut lone = Lone::open()?;
    lone.repeat(&input::produce(Some(size))?, requests, input::check_produced)?;
    Ok(Box::new(lone))
}

/// One request for one batch, which lies in ring memory.
pub(super) fn fetch(size: Size) -> Result<Box<dyn Step>> {
    let mut lone = Lone::open()?;
    lone.repeat(&input::produce(Some(size))?, 1, input::check_produced)?;
    lone.repeat(&input::fetch(size)?, 1, input::check_fetched)?;
    Ok(Box::new(lone))
}

/// Bytes of a frame's length.
const LENGTH: usize = 4;

/// A client and its connection.
struct Lone {
    runtime: LocalRuntime,
    client: TcpStream,
    requests: Bytes,
    batches: u32,
    answers: Box<[u8]>,
    /// Bytes of the answers to one step.
    expected: usize,
    _node: Node,
}

impl Lone {
    fn open() -> Result<Self> {
        let node = Node::open(FlushPolicy::Async)?;
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build_local(LocalOptions::default())?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let client = StdStream::connect(listener.local_addr()?)?;
        let (served, _) = listener.accept()?;
        client.set_nonblocking(true)?;
        let client = {
            let _entered = runtime.enter();
            let served = serve_alone(Arc::clone(&node.config), node.server(), served);
            drop(runtime.spawn_local(served));
            TcpStream::from_std(client)?
        };
        Ok(Self {
            runtime,
            client,
            requests: Bytes::new(),
            batches: 0,
            answers: vec![0; ANSWERS_MAX].into_boxed_slice(),
            expected: 0,
            _node: node,
        })
    }

    /// A step shall send `request` so often. Sends it once, to see that `check` takes the answer for a
    /// good one, and how long it is.
    fn repeat(&mut self, request: &[u8], times: u32, check: fn(&[u8]) -> Result<()>) -> Result<()> {
        self.requests = Bytes::copy_from_slice(request);
        // More than the length of a frame is not known yet.
        self.expected = LENGTH;
        let got = self.exchange()?;
        let answer = self.answers.get(..got).unwrap_or_default();
        let (length, answer) = answer.split_first_chunk::<LENGTH>().context("a short answer")?;
        ensure!(usize::try_from(u32::from_be_bytes(*length))? == answer.len(), "half an answer");
        check(answer)?;
        let times_usize = usize::try_from(times)?;
        (self.requests, self.batches) = (request.repeat(times_usize).into(), times);
        self.expected = got * times_usize;
        ensure!(self.expected <= ANSWERS_MAX, "answers of {} bytes", self.expected);
        Ok(())
    }

    /// Sends the requests and takes answers until there are at least as many bytes as expected.
    fn exchange(&mut self) -> Result<usize> {
        let Self { runtime, client, answers, requests, expected, .. } = self;
        runtime.block_on(async {
            client.writable().await?;
            let sent = client.try_write(requests).context("send")?;
            ensure!(sent == requests.len(), "a socket that takes little");
            let mut got = 0;
            while got < *expected {
                client.readable().await?;
                match client.try_read(answers.split_at_mut(got).1) {
                    Ok(0) => bail!("the connection was closed"),
                    Ok(read) => got += read,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(got)
        })
    }
}

impl Step for Lone {
    fn batches(&self) -> u32 {
        self.batches
    }

    fn run(&mut self) -> Result<()> {
        let got = self.exchange()?;
        ensure!(got == self.expected, "answers of {got} bytes, not {}", self.expected);
        Ok(())
    }
}

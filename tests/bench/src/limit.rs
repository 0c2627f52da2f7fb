//! The limit: the least a durable log server can do. The same ring, the same I/O, the same
//! checksum over each batch, and no protocol beyond a frame, no partitions, no offsets.
//!
//! It takes the frames of one train, whose batches all start at the same place.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use broker_env::disk::OsDisk;
use broker_env::net::{self, TcpStream};
use broker_env::{OsClock, threads};
use broker_wal::{Class, Entry, EntryKind, NodeIdentity, Placed, Wal, WalConfig, WalEvents};
use protocol_records::BatchView;
use protocol_types::{FlushPolicy, LocalId, Lsn};
use tokio::sync::watch;

/// How to run it.
#[derive(Debug, clap::Args)]
pub(crate) struct LimitArgs {
    #[arg(long)]
    data: PathBuf,
    /// Gets the port once it listens
    #[arg(long)]
    port_file: PathBuf,
    #[arg(long, default_value_t = 1 << 30)]
    ring: u64,
    /// Where the batch starts in a frame
    #[arg(long)]
    batch_at: usize,
    /// Bytes of an answer
    #[arg(long)]
    answer: usize,
    /// Acknowledge what is durable, not what is in memory
    #[arg(long)]
    fsync: bool,
}

#[derive(Debug)]
struct Limit {
    wal: Wal,
    durable: watch::Receiver<u64>,
    batch_at: usize,
    answer: usize,
    flush: FlushPolicy,
}

#[derive(Debug)]
struct Events(watch::Sender<u64>);

impl WalEvents for Events {
    fn durable(&self, durable: Lsn, _: &[LocalId]) {
        self.0.send_replace(durable.0);
    }

    fn published_late(&self, _: Lsn) {}

    fn poisoned(&self, error: &io::Error) {
        eprintln!("the ring failed: {error}");
        broker_env::process::exit(71);
    }
}

/// Serves until it is killed.
pub(crate) fn run(args: &LimitArgs) -> Result<()> {
    let (moved, durable) = watch::channel(0);
    let node = NodeIdentity { cluster: [0; 16], broker: 0 };
    let config = WalConfig::new(&args.data, args.ring, threads::cores(), node);
    let events = Arc::new(Events(moved));
    let (disk, clock) = (Arc::new(OsDisk), Arc::new(OsClock));
    let (wal, _) = Wal::open(disk, clock, config, Lsn(0), 1, events, &mut |_| Ok(()))?;
    let flush = if args.fsync { FlushPolicy::Fsync } else { FlushPolicy::Async };
    let (batch_at, answer) = (args.batch_at, args.answer);
    let limit = Arc::new(Limit { wal, durable, batch_at, answer, flush });

    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let mut shards = Vec::new();
    for number in 0..threads::cores() {
        let (sockets, mut adopted) = tokio::sync::mpsc::channel::<net::Released>(64);
        let (limit, runtime) = (Arc::clone(&limit), runtime()?);
        threads::spawn(&format!("limit-{number}"), move || {
            let local = tokio::task::LocalSet::new();
            runtime.block_on(local.run_until(async {
                while let Some(socket) = adopted.recv().await {
                    let limit = Arc::clone(&limit);
                    tokio::task::spawn_local(async move { serve(limit, socket).await });
                }
            }));
        })?;
        shards.push(sockets);
    }
    runtime()?.block_on(async {
        let listener = net::listen(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let port = listener.local_addr()?.port();
        let written = args.port_file.with_extension("new");
        std::fs::write(&written, port.to_string())?;
        std::fs::rename(written, &args.port_file)?;
        for shard in shards.iter().cycle() {
            let (socket, _) = listener.accept().await?;
            shard.send(net::release(socket)?).await.context("a shard ended")?;
        }
        Ok(())
    })
}

async fn serve(limit: Arc<Limit>, socket: net::Released) {
    let Ok(socket) = net::adopt(socket) else { return };
    // A load that ends closes its connections: nothing to report.
    let _ = Connection::new(limit, socket).run().await;
}

struct Connection {
    limit: Arc<Limit>,
    socket: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    waiting: VecDeque<(Lsn, [u8; 4])>,
    answers: Vec<u8>,
}

impl Connection {
    fn new(limit: Arc<Limit>, socket: TcpStream) -> Self {
        let buffer = vec![0; 256 << 10];
        let (waiting, answers) = (VecDeque::new(), Vec::new());
        Self { limit, socket, buffer, filled: 0, waiting, answers }
    }

    async fn run(mut self) -> io::Result<()> {
        let mut durable = self.limit.durable.clone();
        loop {
            if self.waiting.is_empty() {
                self.socket.readable().await?;
            } else {
                tokio::select! {
                    biased;
                    moved = durable.changed() => if moved.is_err() { return Ok(()) },
                    ready = self.socket.readable() => ready?,
                }
            }
            durable.borrow_and_update();
            self.release().await?;
            match self.socket.try_read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Ok(()),
                Ok(len) => self.filled += len,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            }
            self.take_frames().await?;
            self.release().await?;
        }
    }

    /// Appends all whole frames in one section of the ring's lock.
    async fn take_frames(&mut self) -> io::Result<()> {
        let mut frames = Vec::new();
        let mut at = 0;
        while let Some(head) = self.buffer[at..self.filled].first_chunk::<4>() {
            let len = 4 + u32::from_be_bytes(*head) as usize;
            if self.filled - at < len {
                if self.buffer.len() < len {
                    self.buffer.resize(len + (64 << 10), 0);
                }
                break;
            }
            frames.push(at..at + len);
            at += len;
        }
        if frames.is_empty() {
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.filled * 2, 0);
            }
            return Ok(());
        }
        let batches: Vec<&[u8]> = frames
            .iter()
            .map(|frame| &self.buffer[frame.start + self.limit.batch_at..frame.end - 3])
            .collect();
        for batch in &batches {
            let checked = BatchView::parse(batch).ok().filter(BatchView::crc_matches);
            checked.ok_or(io::ErrorKind::InvalidData)?;
        }
        let end = append(&self.limit, &batches).await;
        for frame in &frames {
            let correlation = self.buffer[frame.start + 8..frame.start + 12].first_chunk::<4>();
            self.waiting.push_back((end, *correlation.unwrap_or(&[0; 4])));
        }
        self.buffer.copy_within(at..self.filled, 0);
        self.filled -= at;
        Ok(())
    }

    /// Answers what is acknowledged.
    async fn release(&mut self) -> io::Result<()> {
        let reached = match self.limit.flush {
            FlushPolicy::Fsync => self.limit.wal.durable(),
            FlushPolicy::Async => self.limit.wal.published(),
        };
        while let Some((end, correlation)) = self.waiting.front()
            && *end <= reached
        {
            let start = self.answers.len();
            let len = u32::try_from(self.limit.answer - 4).unwrap_or_default();
            self.answers.extend_from_slice(&len.to_be_bytes());
            self.answers.extend_from_slice(correlation);
            self.answers.resize(start + self.limit.answer, 0);
            self.waiting.pop_front();
        }
        let mut written = 0;
        while written < self.answers.len() {
            match self.socket.try_write(&self.answers[written..]) {
                Ok(len) => written += len,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.socket.writable().await?;
                }
                Err(error) => return Err(error),
            }
        }
        self.answers.clear();
        Ok(())
    }
}

/// Appends, waiting for room: nothing is sealed here, what is durable is given up at once.
async fn append(limit: &Limit, batches: &[&[u8]]) -> Lsn {
    let entries: Vec<Entry<'_>> = batches
        .iter()
        .map(|batch| Entry {
            kind: EntryKind::Data,
            local_id: LocalId(1),
            class: Class::User,
            flush: limit.flush,
            parts: [batch, &[]],
        })
        .collect();
    let bytes = batches.iter().map(|batch| batch.len() as u64).sum();
    let largest = batches.iter().map(|batch| batch.len() as u64).max().unwrap_or(0);
    loop {
        let used = limit.wal.occupancy();
        if used.used > used.capacity / 2 {
            limit.wal.advance_trim(limit.wal.durable());
        }
        match limit.wal.admit(Class::User, entries.len(), bytes, largest) {
            Ok(admission) => {
                let mut placed: Vec<Placed> = Vec::with_capacity(entries.len());
                return limit.wal.append(admission, &entries, &mut placed);
            }
            Err(_) => tokio::time::sleep(std::time::Duration::from_micros(200)).await,
        }
    }
}

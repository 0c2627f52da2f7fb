//! Fetch load: a few consumers that read what is in the broker's memory, again and again.
//!
//! Each has several requests on their way, so that the broker, not the consumer's turn-around, sets the
//! pace. It throws batches away unread, in the kernel: of an answer it looks at error code and length.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::BytesMut;
use protocol_wire::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use protocol_wire::messages::{StrBytes, TopicName};
use protocol_wire::request::encode_request;
use rustix::net::RecvFlags;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::frames;
use crate::load::Load;
use crate::meter::Meter;
use crate::report::{Comparison, Figure, Row};
use crate::side::Server;
use crate::window;

pub(crate) const NAME: &str = "fetch from memory, 16 KB batches";

const PARTITIONS: i32 = 4;
/// Of each partition: together a quarter of the default ring: unsealed, so in memory.
const BATCHES: i64 = 4096;
const BATCH: usize = 16_384;
/// Batches that one answer holds, 1 MiB of them.
const ANSWER_BATCHES: i64 = 64;
/// Requests a consumer has on their way.
const DEPTH: usize = 3;
/// Not flexible, without sessions: the shortest to build and to walk.
const VERSION: i16 = 4;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    for repeat in 0..bench.options.repeats {
        for side in &bench.sides {
            let topic = format!("fetched-{repeat}");
            row.add(side.name, once(&side.server, &topic, bench.options.seconds)?);
        }
    }
    let cpu = row.median("ringtide", |figure| figure.cpu_per_gb);
    row.judge("CPU-s/GB", cpu, 0.15, Comparison::AtMost);
    Ok(row)
}

/// Fills a topic and reads it for `seconds`.
fn once(server: &Server, topic: &str, seconds: f64) -> Result<Figure> {
    let mut admin = Admin::connect(server.address)?;
    admin.create_topic(topic, PARTITIONS, &[])?;
    for partition in 0..PARTITIONS {
        fill(server, topic, partition)?;
    }
    let shared = Arc::new(Shared::default());
    let readers = (0..PARTITIONS)
        .map(|partition| {
            let mut reader = Reader::connect(server, topic, partition)?;
            let shared = Arc::clone(&shared);
            Ok(thread::spawn(move || reader.run(&shared)))
        })
        .collect::<Result<Vec<_>>>()?;
    thread::sleep(Duration::from_secs_f64(seconds / 4.0));
    let (meter, began) = (Meter::start(server)?, Instant::now());
    let before = shared.bytes.load(Ordering::Relaxed);
    thread::sleep(Duration::from_secs_f64(seconds));
    let bytes = shared.bytes.load(Ordering::Relaxed) - before;
    let (elapsed, usage) = (began.elapsed(), meter.stop()?);
    shared.stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().ok().context("a reader ended early")??;
    }
    admin.delete_topic(topic)?;
    let figure = Figure::of_bytes(bytes as f64, elapsed.as_secs_f64(), usage.cpu);
    Ok(figure.used(&usage, bytes / BATCH as u64, BATCH))
}

fn fill(server: &Server, topic: &str, partition: i32) -> Result<()> {
    let batch = frames::batch(BATCH, now())?;
    let train = frames::train(topic, &[partition; 8], &batch)?;
    let mut load = Load::connect(server.address, &[train], 4)?;
    window::settle(0.04, |span| load.run(span))?;
    let filled = load.run_batches(u64::try_from(BATCHES)?)?;
    ensure!(filled.batches >= u64::try_from(BATCHES)?, "{topic} could not be filled in a minute");
    load.drain()
}

#[derive(Debug, Default)]
struct Shared {
    /// Of batches that were read.
    bytes: AtomicU64,
    stop: AtomicBool,
}

struct Reader {
    socket: TcpStream,
    topic: String,
    partition: i32,
    /// Offset to ask for next.
    next: i64,
    scratch: Vec<u8>,
}

impl Reader {
    fn connect(server: &Server, topic: &str, partition: i32) -> Result<Self> {
        let socket = TcpStream::connect(server.address)?;
        socket.set_nodelay(true)?;
        let (topic, scratch) = (topic.to_owned(), vec![0; 1 << 20]);
        Ok(Self { socket, topic, partition, next: 0, scratch })
    }

    fn run(&mut self, shared: &Shared) -> Result<()> {
        for _ in 0..DEPTH {
            self.ask()?;
        }
        while !shared.stop.load(Ordering::Relaxed) {
            shared.bytes.fetch_add(self.take()?, Ordering::Relaxed);
            self.ask()?;
        }
        Ok(())
    }

    /// Asks for what follows what was asked for last; from the start again after the end.
    fn ask(&mut self) -> Result<()> {
        let partition = FetchPartition::default()
            .with_partition(self.partition)
            .with_fetch_offset(self.next)
            .with_partition_max_bytes(1 << 20);
        let topic = FetchTopic::default()
            .with_topic(TopicName(StrBytes::from_string(self.topic.clone())))
            .with_partitions(vec![partition]);
        let request = FetchRequest::default()
            .with_max_wait_ms(500)
            .with_min_bytes(1)
            .with_max_bytes(1 << 20)
            .with_topics(vec![topic]);
        let mut frame = BytesMut::new();
        encode_request(&mut frame, VERSION, 1, Some("ringtide-bench"), &request)?;
        self.next = (self.next + ANSWER_BATCHES) % BATCHES;
        self.socket.write_all(&frame).context("send")
    }

    /// Takes one answer in; yields the bytes of its batches.
    fn take(&mut self) -> Result<u64> {
        // length, correlation, throttle, topics, name, partitions
        let partition = 4 + 4 + 4 + 4 + 2 + self.topic.len() + 4;
        // index, error, marks, aborted, length of batches
        let head = partition + 4 + 2 + 8 + 8 + 4 + 4;
        let head = &mut self.scratch[..head];
        self.socket.read_exact(head)?;
        let error = &head[partition + 4..partition + 6];
        if error != [0, 0] {
            bail!("fetch failed: {error:?}");
        }
        let batches = *head.last_chunk().context("a head has a length")?;
        let batches = usize::try_from(u32::from_be_bytes(batches))?;
        let mut left = batches;
        while left > 0 {
            let part = left.min(self.scratch.len());
            // `TRUNC` on a stream drops bytes without copying them.
            let flags = RecvFlags::TRUNC | RecvFlags::WAITALL;
            let (_, dropped) = rustix::net::recv(&self.socket, &mut self.scratch[..part], flags)?;
            ensure!(dropped > 0, "the broker closed the connection");
            left -= dropped;
        }
        Ok(batches as u64)
    }
}

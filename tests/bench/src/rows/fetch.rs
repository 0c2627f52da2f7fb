//! Fetch load: one consumer per partition that reads what is in the broker's memory, again and
//! again. It walks batch headers to know where to go on, and looks at nothing else.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::BytesMut;
use protocol_wire::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use protocol_wire::messages::{StrBytes, TopicName};
use protocol_wire::request::encode_request;

use crate::admin::Admin;
use crate::bench::{Bench, now};
use crate::cpu::Cpu;
use crate::frames;
use crate::load::Load;
use crate::report::{Comparison, Figure, Row};
use crate::side::Server;

pub(crate) const NAME: &str = "fetch from memory, 16 KB batches";

const TOPIC: &str = "fetched";
const PARTITIONS: i32 = 4;
/// A quarter of the default ring: unsealed, so in memory.
const BYTES: u64 = 256 << 20;
const BATCH: usize = 16_384;
/// Not flexible, without sessions: the shortest to build and to walk.
const VERSION: i16 = 4;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    for _ in 0..bench.options.repeats {
        for side in &bench.sides {
            row.add(side.name, once(&side.server, bench.options.seconds)?);
        }
    }
    let cpu = row.median("ringtide", |figure| figure.cpu_per_gb);
    row.judge("CPU-s/GB", cpu, 0.15, Comparison::AtMost);
    Ok(row)
}

/// Fills a topic and reads it for `seconds`.
fn once(server: &Server, seconds: f64) -> Result<Figure> {
    let mut admin = Admin::connect(server.address)?;
    admin.create_topic(TOPIC, PARTITIONS, &[])?;
    let batch = frames::batch(BATCH, now())?;
    let trains = (0..PARTITIONS).map(|partition| frames::train(TOPIC, &[partition; 8], &batch));
    let trains = trains.collect::<Result<Vec<_>>>()?;
    let mut load = Load::connect(server.address, &trains, 4)?;
    load.run_batches(BYTES / BATCH as u64)?;
    load.drain()?;

    let mut readers = (0..PARTITIONS)
        .map(|partition| Reader::connect(server, partition))
        .collect::<Result<Vec<_>>>()?;
    let round = |readers: &mut [Reader]| -> Result<u64> {
        for reader in readers.iter_mut() {
            reader.ask()?;
        }
        readers.iter_mut().try_fold(0, |sum, reader| Ok(sum + reader.take()?))
    };
    round(&mut readers)?;
    let (before, began) = (Cpu::of(server.pid)?, Instant::now());
    let mut bytes = 0;
    while began.elapsed() < Duration::from_secs_f64(seconds) {
        bytes += round(&mut readers)?;
    }
    let (cpu, elapsed) = (Cpu::of(server.pid)?.since(before), began.elapsed());
    admin.delete_topic(TOPIC)?;
    Ok(Figure::of_bytes(bytes as f64, elapsed.as_secs_f64(), cpu))
}

struct Reader {
    socket: TcpStream,
    partition: i32,
    next: i64,
    answer: Vec<u8>,
}

impl Reader {
    fn connect(server: &Server, partition: i32) -> Result<Self> {
        let socket = TcpStream::connect(server.address)?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, partition, next: 0, answer: Vec::new() })
    }

    fn ask(&mut self) -> Result<()> {
        let partition = FetchPartition::default()
            .with_partition(self.partition)
            .with_fetch_offset(self.next)
            .with_partition_max_bytes(1 << 20);
        let topic = FetchTopic::default()
            .with_topic(TopicName(StrBytes::from_static_str(TOPIC)))
            .with_partitions(vec![partition]);
        let request = FetchRequest::default()
            .with_max_wait_ms(500)
            .with_min_bytes(1)
            .with_max_bytes(1 << 20)
            .with_topics(vec![topic]);
        let mut frame = BytesMut::new();
        encode_request(&mut frame, VERSION, 1, Some("ringtide-bench"), &request)?;
        self.socket.write_all(&frame).context("send")
    }

    /// Reads the answer; yields the bytes of its batches.
    fn take(&mut self) -> Result<u64> {
        let mut len = [0; 4];
        self.socket.read_exact(&mut len)?;
        self.answer.resize(usize::try_from(u32::from_be_bytes(len))?, 0);
        self.socket.read_exact(&mut self.answer)?;
        // correlation, throttle, topics, name, partitions | index, error, marks, aborted, length
        let partition = 4 + 4 + 4 + 2 + TOPIC.len() + 4;
        let error = self.answer.get(partition + 4..partition + 6).context("a short answer")?;
        if error != [0, 0] {
            bail!("fetch failed: {error:?}");
        }
        let records = partition + 4 + 2 + 8 + 8 + 4 + 4;
        let records = self.answer.get(records..).context("a short answer")?;
        let mut last = None;
        for batch in protocol_records::batches(records) {
            last = Some(batch?.next_offset());
        }
        // From the start again where the end was reached.
        self.next = last.map_or(0, protocol_types::Offset::to_wire);
        Ok(records.len() as u64)
    }
}

//! Consumers stop reading in the middle of a response while the ring laps twice. Each gets right
//! bytes or a closed connection, never wrong bytes, and produce is not held back by them.

use std::io::Read;
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use broker_env::net;
use protocol_wire::messages::FetchRequest;
use protocol_wire::request::decode_response;
use tests_e2e::broker::Launch;
use tests_e2e::client::{Client, FetchFrom};

use super::fill::{Filler, now};

const RING: u64 = 16 << 20;
/// Answers asked for at a time: together far more than sockets take.
const ANSWERS: i64 = 12;
const FETCH: i32 = 1 << 20;
const BATCH_RECORDS: u32 = 16;
const RECORD: usize = 16 << 10;
const BATCH: u64 = BATCH_RECORDS as u64 * RECORD as u64;

#[test]
fn a_stalled_response_has_right_bytes_or_ends() -> Result<()> {
    let broker = Launch::new()?.set("ring.size", RING).start()?;
    let mut producer = Client::connect(broker.kafka())?;
    producer.create_topic("slow", 1, &[])?;
    let mut filler = Filler::new(&mut producer, "slow", 1, BATCH_RECORDS, RECORD)?;
    filler.append(&mut producer, batches_in(RING), now())?;

    // From sealed files, across their end, and from the ring.
    let end = i64::try_from(filler.next)?;
    let starts = [0, end / 3, end - ANSWERS * records_of_an_answer()];
    let stalled = starts.map(|start| Stalled::begin(broker.kafka(), start));

    filler.append(&mut producer, batches_in(2 * RING), now()).context("produce is held back")?;

    let mut whole = 0;
    for consumer in stalled {
        whole += consumer?.finish(&filler)?;
    }
    // The broker may close a connection; that it closes all of them would be news.
    ensure!(whole > 0, "no stalled consumer got an answer");
    filler.check(&mut Client::connect(broker.kafka())?, 0)
}

fn batches_in(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(BATCH)).unwrap_or(usize::MAX)
}

fn records_of_an_answer() -> i64 {
    i64::from(FETCH) / i64::try_from(RECORD).unwrap_or(i64::MAX)
}

/// A consumer that has read the beginning of the first of its answers.
struct Stalled {
    client: Client,
    /// Where each answer starts, with the correlation id.
    asked: Vec<(i64, i32)>,
    read: Vec<u8>,
}

impl Stalled {
    fn begin(broker: SocketAddr, start: i64) -> Result<Self> {
        let mut client = Client::over(net::connect_narrow(broker, 4096)?)?;
        let mut asked = Vec::new();
        for answer in 0..ANSWERS {
            let offset = start + answer * records_of_an_answer();
            let from = FetchFrom { max_bytes: FETCH, ..FetchFrom::new("slow", 0, offset) };
            asked.push((offset, client.send_fetch(&from)?));
        }
        let mut read = vec![0; 1000];
        client.stream().read_exact(&mut read)?;
        Ok(Self { client, asked, read })
    }

    /// Reads on, and checks every answer; returns how many came before the broker closed the
    /// connection, if it did.
    fn finish(self, filler: &Filler<'_>) -> Result<usize> {
        let Self { mut client, asked, read } = self;
        let stream = client.stream().try_clone()?;
        let mut stream = read.as_slice().chain(stream);
        for ((offset, correlation_id), whole) in asked.iter().zip(0..) {
            let Some(frame) = read_frame(&mut stream) else { return Ok(whole) };
            ensure!(frame.len() > FRAME_MIN, "an answer of {} bytes does not stall", frame.len());
            let (answered, answer) = decode_response::<FetchRequest>(12, frame.into())?;
            ensure!(answered == *correlation_id, "answers out of order");
            let partition = answer.responses.first().and_then(|topic| topic.partitions.first());
            let partition = partition.context("no partition in the answer")?;
            ensure!(partition.error_code == 0, "error {} after all", partition.error_code);
            let next = filler.check_batches(partition.records.as_ref().context("no records")?)?;
            ensure!(next > *offset, "answer from {offset} ends at {next}");
        }
        Ok(asked.len())
    }
}

/// Half of what was asked for, because batches are whole.
const FRAME_MIN: usize = FETCH as usize / 2;

/// `None` if the broker has closed the connection instead.
fn read_frame(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix).ok()?;
    let mut frame = vec![0; usize::try_from(u32::from_be_bytes(prefix)).ok()?];
    stream.read_exact(&mut frame).ok()?;
    Some(frame)
}

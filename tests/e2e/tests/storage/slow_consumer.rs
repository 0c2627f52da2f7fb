//! Consumers stop reading in the middle of a response while the ring laps twice. Each gets right
//! bytes or a closed connection, never wrong bytes, and produce is not held back by them.

use anyhow::{Context, Result, ensure};
use broker_env::net;
use protocol_wire::messages::FetchRequest;
use protocol_wire::request::decode_response;
use std::io::Read;
use tests_e2e::broker::Launch;
use tests_e2e::client::{Client, FetchFrom};

use super::fill::{Filler, now};

const RING: u64 = 64 << 20;
/// Of a response; three fit the broker's budget for responses beside those of the producer.
const FETCH: i32 = 4 << 20;
const BATCH_RECORDS: u32 = 16;
const RECORD: usize = 16 << 10;
const BATCH: u64 = BATCH_RECORDS as u64 * RECORD as u64;

#[test]
fn a_stalled_response_has_right_bytes_or_ends() -> Result<()> {
    let broker = Launch::new()?.set("ring.size", RING).start()?;
    let mut producer = Client::connect(broker.kafka())?;
    producer.create_topic("slow", 1, &[])?;
    let mut filler = Filler {
        topic: "slow",
        partition: 0,
        writer: 1,
        records: BATCH_RECORDS,
        len: RECORD,
        next: 0,
    };
    filler.append(&mut producer, batches_in(RING / 4), now())?;

    // From sealed-to-be data at the start and from the newest.
    let newest = i64::try_from(filler.next)? - i64::from(BATCH_RECORDS) * 16;
    let stalled = [0, newest / 2, newest]
        .map(|offset| Stalled::begin(broker.kafka(), offset))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;

    filler.append(&mut producer, batches_in(2 * RING), now()).context("produce is held back")?;

    let mut whole = 0;
    for consumer in stalled {
        let start = consumer.offset;
        if let Some(records) = consumer.finish()? {
            whole += 1;
            let next = filler.check_batches(&records)?;
            ensure!(next > start, "answer from {start} ends at {next}");
        }
    }
    // The broker is allowed to close them all; that it does today would be news.
    ensure!(whole > 0, "no stalled consumer got its answer");
    filler.check(&mut Client::connect(broker.kafka())?, 0)
}

fn batches_in(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(BATCH)).unwrap_or(usize::MAX)
}

/// A consumer that has read the beginning of its answer.
struct Stalled {
    client: Client,
    offset: i64,
    read: Vec<u8>,
}

impl Stalled {
    fn begin(broker: std::net::SocketAddr, offset: i64) -> Result<Self> {
        let mut client = Client::over(net::connect_narrow(broker, 4096)?)?;
        let from = FetchFrom { max_bytes: FETCH, ..FetchFrom::new("slow", 0, offset) };
        client.send_fetch(&from)?;
        let mut read = vec![0; 1000];
        client.stream().read_exact(&mut read)?;
        Ok(Self { client, offset, read })
    }

    /// Reads on; `None` if the broker has closed the connection instead.
    fn finish(mut self) -> Result<Option<Vec<u8>>> {
        let (prefix, _) = self.read.split_first_chunk::<4>().context("no length")?;
        let len = 4 + usize::try_from(u32::from_be_bytes(*prefix))?;
        ensure!(len > usize::try_from(FETCH)? / 2, "an answer of {len} bytes does not stall");
        let have = self.read.len();
        self.read.resize(len, 0);
        let rest = self.read.split_at_mut(have).1;
        if self.client.stream().read_exact(rest).is_err() {
            return Ok(None);
        }
        let frame = self.read.split_off(4).into();
        let (_, answer) = decode_response::<FetchRequest>(12, frame)?;
        let partition = answer.responses.first().and_then(|topic| topic.partitions.first());
        let partition = partition.context("no partition in the answer")?;
        ensure!(partition.error_code == 0, "error {} after all", partition.error_code);
        Ok(Some(partition.records.as_ref().context("no records")?.to_vec()))
    }
}

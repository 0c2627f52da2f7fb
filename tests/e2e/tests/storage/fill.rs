//! Plain load: one idempotent writer fills one partition with checkable records.
//!
//! A batch that the broker refuses for a while is sent again, as every producer does, and with it
//! those behind it.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use broker_env::{Clock, OsClock, Timestamp};
use protocol_records::ProducerStamp;
use protocol_types::{ErrorCode, ProducerEpoch, ProducerId};
use tests_e2e::client::Client;
use tests_e2e::payload::{Stamp, batch, check, sequence};

/// Requests on the wire at a time: as many batches as a broker remembers.
const WINDOW: usize = 5;
/// Before a refused batch is sent again.
const BACKOFF: Duration = Duration::from_millis(20);
/// A load that is refused for so long is held back.
const PATIENCE: Duration = Duration::from_secs(30);

/// One writer of one partition, which it has for itself.
pub(super) struct Filler<'a> {
    pub(super) topic: &'a str,
    pub(super) writer: u32,
    /// Records of a batch.
    pub(super) records: u32,
    /// Bytes of a record's value.
    pub(super) len: usize,
    /// Number of the next record, which is its offset.
    pub(super) next: u64,
    identity: (ProducerId, ProducerEpoch),
}

/// A batch on the wire.
pub(super) struct Sent {
    correlation_id: i32,
    first: u64,
}

impl<'a> Filler<'a> {
    pub(super) fn new(
        client: &mut Client,
        topic: &'a str,
        writer: u32,
        records: u32,
        len: usize,
    ) -> Result<Self> {
        let identity = client.init_producer_id()?;
        Ok(Self { topic, writer, records, len, next: 0, identity })
    }

    /// Appends `batches` batches and sees all of them acknowledged at their offsets.
    pub(super) fn append(
        &mut self,
        client: &mut Client,
        batches: usize,
        timestamp: Timestamp,
    ) -> Result<()> {
        let goal = self.next + batches as u64 * u64::from(self.records);
        let mut in_flight = VecDeque::new();
        let mut progress = OsClock.now();
        while self.next < goal || !in_flight.is_empty() {
            if self.next < goal && in_flight.len() < WINDOW {
                in_flight.push_back(self.send(client, timestamp)?);
                continue;
            }
            let Some(sent) = in_flight.pop_front() else { break };
            if self.settle(client, &sent)? {
                progress = OsClock.now();
                continue;
            }
            for behind in std::mem::take(&mut in_flight) {
                ensure!(!self.settle(client, &behind)?, "a batch behind a refused one is taken");
            }
            let waited = OsClock.now().nanos_since(progress);
            ensure!(u128::from(waited) < PATIENCE.as_nanos(), "refused for {PATIENCE:?}");
            OsClock.sleep(BACKOFF);
        }
        Ok(())
    }

    /// Sends the next batch.
    pub(super) fn send(&mut self, client: &mut Client, timestamp: Timestamp) -> Result<Sent> {
        let first = self.next;
        let (id, epoch) = self.identity;
        let stamp = ProducerStamp { id, epoch, base_sequence: sequence(first) };
        let stamped = Stamp { writer: self.writer, number: first };
        let batch = batch(stamped, self.records, self.len, timestamp, Some(stamp))?;
        let correlation_id = client.send_produce(self.topic, 0, batch)?;
        self.next += u64::from(self.records);
        Ok(Sent { correlation_id, first })
    }

    /// Waits for the answer, the next to come. `false` if the batch was refused for now: it is
    /// then the next to send.
    pub(super) fn settle(&mut self, client: &mut Client, sent: &Sent) -> Result<bool> {
        let produced = client.receive_produced(sent.correlation_id)?;
        if produced.error == 0 {
            ensure!(produced.base_offset == i64::try_from(sent.first)?, "at {produced:?}");
            return Ok(true);
        }
        let refusals = [ErrorCode::KafkaStorageError, ErrorCode::OutOfOrderSequenceNumber];
        if !refusals.iter().any(|code| code.to_wire() == produced.error) {
            bail!("{} of {} refused: {produced:?}", sent.first, self.topic);
        }
        self.next = self.next.min(sent.first);
        Ok(false)
    }

    /// Reads the partition from `start` on and sees every record with its bytes at its offset.
    pub(super) fn check(&self, client: &mut Client, start: i64) -> Result<()> {
        let end = i64::try_from(self.next)?;
        let latest = client.latest(self.topic, 0)?;
        ensure!(latest == end, "{} ends at {latest} instead of {end}", self.topic);
        client.read(self.topic, 0, start, end, |fetched| self.check_batches(fetched))
    }

    /// The records of an answer; returns the offset behind them.
    pub(super) fn check_batches(&self, fetched: &[u8]) -> Result<i64> {
        let mut expected = None;
        check(fetched, |offset, stamp| {
            let number = u64::try_from(offset)?;
            ensure!(stamp == Stamp { writer: self.writer, number }, "{stamp:?} at {offset}");
            ensure!(expected.is_none_or(|expected| expected == offset), "gap before {offset}");
            expected = Some(offset + 1);
            Ok(())
        })
        .with_context(|| self.topic.to_owned())
    }
}

/// Now, as a producer stamps it.
pub(super) fn now() -> Timestamp {
    OsClock.wall()
}

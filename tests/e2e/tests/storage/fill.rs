//! Plain load: one writer fills one partition with checkable records.

use std::collections::VecDeque;

use anyhow::{Result, ensure};
use broker_env::{Clock, OsClock, Timestamp};
use tests_e2e::client::Client;
use tests_e2e::payload::{Stamp, batch, check};

/// Requests on the wire at a time.
const WINDOW: usize = 8;

/// One writer of one partition.
pub(super) struct Filler<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    pub(super) writer: u32,
    /// Records of a batch.
    pub(super) records: u32,
    /// Bytes of a record's value.
    pub(super) len: usize,
    /// Number of the next record.
    pub(super) next: u64,
}

impl Filler<'_> {
    /// Appends `batches` batches and sees all of them acknowledged at the offsets of their
    /// numbers: this writer has the partition for itself.
    pub(super) fn append(
        &mut self,
        client: &mut Client,
        batches: usize,
        timestamp: Timestamp,
    ) -> Result<()> {
        let mut in_flight = VecDeque::new();
        for _ in 0..batches {
            if in_flight.len() == WINDOW {
                acknowledge(client, in_flight.pop_front())?;
            }
            let first = Stamp { writer: self.writer, number: self.next };
            let batch = batch(first, self.records, self.len, timestamp, None)?;
            in_flight.push_back((client.send_produce(self.topic, self.partition, batch)?, first));
            self.next += u64::from(self.records);
        }
        while !in_flight.is_empty() {
            acknowledge(client, in_flight.pop_front())?;
        }
        Ok(())
    }

    /// Reads the partition from `start` on and sees every record with its bytes at its offset.
    pub(super) fn check(&self, client: &mut Client, start: i64) -> Result<()> {
        let end = i64::try_from(self.next)?;
        ensure!(client.latest(self.topic, self.partition)? == end, "log end is not {end}");
        client.read(self.topic, self.partition, start, end, |fetched| self.check_batches(fetched))
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
    }
}

fn acknowledge(client: &mut Client, sent: Option<(i32, Stamp)>) -> Result<()> {
    let Some((correlation_id, first)) = sent else { return Ok(()) };
    let produced = client.receive_produced(correlation_id)?;
    ensure!(produced.error == 0, "{first:?} refused: {produced:?}");
    ensure!(produced.base_offset == i64::try_from(first.number)?, "{first:?} at {produced:?}");
    Ok(())
}

/// Now, as a producer stamps it.
pub(super) fn now() -> Timestamp {
    OsClock.wall()
}

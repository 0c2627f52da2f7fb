//! Batches of all lengths, sent one behind the other over one connection, arrive whole and in order: how
//! much the broker reads at once depends on how long the frame before was.

use anyhow::{Result, ensure};
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;
use tests_e2e::payload::{self, Stamp};

use super::fill::now;

/// Lengths of records: some frames are longer than one read takes, some are many in a read, some end
/// where a read does or just beside.
const LENGTHS: [usize; 16] = [
    700_000, 20, 300_000, 300_000, 16_000, 20, 20, 900_000, 900_000, 900_000, 262_000, 100,
    400_000, 16_300, 270_000, 12,
];

#[test]
fn large_and_small_batches_in_turn_arrive_whole_and_in_order() -> Result<()> {
    let broker = Broker::start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.create_topic("lengths", 1, &[])?;
    let mut first = 0;
    for round in 0..4 {
        let mut sent = Vec::new();
        for at in 0..LENGTHS.len() {
            // Each round begins with another one.
            let len = LENGTHS[(at + round * 5) % LENGTHS.len()];
            let stamp = Stamp { writer: 1, number: first };
            let batch = payload::batch(stamp, 1, len, now(), None)?;
            sent.push(client.send_produce("lengths", 0, batch)?);
            first += 1;
        }
        for correlation_id in sent {
            let produced = client.receive_produced(correlation_id)?;
            ensure!(produced.error == 0, "refused: {produced:?}");
        }
    }
    let end = i64::try_from(first)?;
    let mut expected = 0;
    client.read("lengths", 0, 0, end, |batches| {
        payload::check(batches, |offset, stamp| {
            ensure!(offset == expected && i64::try_from(stamp.number)? == expected, "{stamp:?}");
            expected += 1;
            Ok(())
        })
    })?;
    ensure!(expected == end, "{expected} of {end} records were read");
    Ok(())
}

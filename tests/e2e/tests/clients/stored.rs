//! What a producer's batches look like where they are stored: the codec's bits, and the producer's stamp.

use anyhow::{Result, ensure};
use protocol_records::{BatchView, batches};
use tests_e2e::client::Client;

use super::driver::Driver;

/// A batch that would not become smaller is sent as it is by some libraries; one of this many bytes would.
const COMPRESSIBLE_BYTES: usize = 256;

/// Reads a partition's batches as they are stored and checks their headers.
pub(super) fn check(
    client: &mut Client,
    topic: &str,
    partition: i32,
    producer: Driver,
    codec: &str,
) -> Result<()> {
    let end = client.latest(topic, partition)?;
    let (mut with_codec, mut next_sequence) = (0, 0);
    client.read(topic, partition, 0, end, |fetched| {
        let mut next = 0;
        for batch in batches(fetched) {
            let batch = batch?;
            let found = batch.codec().name();
            if found == codec {
                with_codec += 1;
            } else {
                let is_small = batch.body().len() < COMPRESSIBLE_BYTES;
                ensure!(found == "none" && is_small, "codec {found} instead of {codec}");
            }
            check_stamp(&batch, producer, &mut next_sequence)?;
            next = batch.next_offset().to_wire();
        }
        Ok(next)
    })?;
    ensure!(with_codec > 0, "no batch is compressed with {codec}");
    Ok(())
}

/// Idempotent producers number their records without a gap.
fn check_stamp(batch: &BatchView<'_>, producer: Driver, next_sequence: &mut i32) -> Result<()> {
    let stamp = batch.producer();
    ensure!(stamp.is_some() == producer.is_idempotent(), "producer stamp is {stamp:?}");
    if let Some(stamp) = stamp {
        let first = stamp.base_sequence.0;
        ensure!(first == *next_sequence, "sequence {first} instead of {next_sequence}");
        *next_sequence = first + batch.header().last_offset_delta + 1;
    }
    Ok(())
}

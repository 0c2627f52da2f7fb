//! Reads a partition's records from its log start to its end. Blocks.

use std::sync::Arc;

use broker_coordinator::{LoadRefusal, Loaded, Record, ReplayError};
use broker_log::{ReadLimits, ReadPlan};
use bytes::Bytes;
use protocol_records::BatchView;
use protocol_types::{IsolationLevel, Offset, Timestamp};

use crate::partition::Partition;
use crate::read::{LoadError, ReadRefusal, ReadRequest};
use crate::{DECODED_BYTES_MAX, Partitions};

/// Bytes read at once.
const CHUNK_BYTES: u64 = 1 << 20;

type Visit<'a> = dyn FnMut(&Record, Timestamp) -> Result<(), ReplayError> + 'a;

/// See the module documentation.
pub(super) fn load(
    partitions: &Partitions,
    partition: &Arc<Partition>,
    visit: &mut Visit<'_>,
) -> Result<Loaded, LoadRefusal> {
    let mut next = partitions.marks(partition).log_start;
    let mut bytes = 0;
    let mut plan = ReadPlan::default();
    loop {
        let request = ReadRequest {
            offset: next,
            bytes_max: CHUNK_BYTES,
            at_least_one: true,
            isolation: IsolationLevel::ReadUncommitted,
            leader_epoch: None,
        };
        let marks = match partitions.plan_read(partition, &request, &mut plan) {
            Ok(marks) => marks,
            Err(ReadRefusal::Gone) => return Err(LoadRefusal::Gone),
            Err(refusal) => return Err(LoadRefusal::Read(refusal.to_string())),
        };
        // Nobody else appends to the partition of a shard that loads.
        if next >= marks.log_end {
            return Ok(Loaded { bytes, end: next });
        }
        let limits =
            ReadLimits { bytes_max: CHUNK_BYTES, upto: marks.high_watermark, at_least_one: true };
        match partitions.storage.load_blocking(partition, &plan, limits) {
            Ok(chunks) => {
                for chunk in &chunks {
                    bytes += chunk.len() as u64;
                    visit_chunk(chunk, &mut next, visit)?;
                }
            }
            // Sealed between plan and read: plan again.
            Err(LoadError::Moved) => {}
            Err(error) => return Err(LoadRefusal::Read(error.to_string())),
        }
    }
}

fn visit_chunk(chunk: &Bytes, next: &mut Offset, visit: &mut Visit<'_>) -> Result<(), LoadRefusal> {
    for batch in protocol_records::batches(chunk) {
        let batch = batch.map_err(|error| LoadRefusal::Read(error.to_string()))?;
        visit_batch(&batch, *next, visit)?;
        *next = batch.next_offset();
    }
    Ok(())
}

fn visit_batch(
    batch: &BatchView<'_>,
    from: Offset,
    visit: &mut Visit<'_>,
) -> Result<(), LoadRefusal> {
    let decoded = batch.decode(DECODED_BYTES_MAX);
    let decoded = decoded.map_err(|error| LoadRefusal::Read(error.to_string()))?;
    for record in decoded.records() {
        let record = record.map_err(|error| LoadRefusal::Read(error.to_string()))?;
        let offset = decoded.offset_of(&record);
        // A log start may lie within a batch.
        if offset < from {
            continue;
        }
        let appended = decoded.timestamp_of(&record);
        let record = Record {
            key: Bytes::copy_from_slice(record.key.unwrap_or_default()),
            value: record.value.map(Bytes::copy_from_slice),
        };
        visit(&record, appended).map_err(|error| LoadRefusal::Record { offset, error })?;
    }
    Ok(())
}

//! Batches for tests, made of a header and a body that is not looked at.

use protocol_records::{Attributes, BatchHeader, BatchView, ProducerStamp};
use protocol_types::{LeaderEpoch, Lsn, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp};

use crate::{BatchFacts, Check, PartitionLog, RingSpan};

pub(crate) const NOW: Timestamp = Timestamp(1_000_000);

/// `(id, epoch, first sequence)` as a producer's stamp.
pub(crate) fn stamp((id, epoch, sequence): (u64, i16, i32)) -> ProducerStamp {
    ProducerStamp {
        id: ProducerId(id),
        epoch: ProducerEpoch(epoch),
        base_sequence: Sequence(sequence),
    }
}

/// A batch of `records` records as a client sends it.
pub(crate) fn batch(records: u32, producer: Option<(u64, i16, i32)>, stamp: i64) -> Vec<u8> {
    let (producer_id, producer_epoch, base_sequence) = producer.map_or((-1, -1, -1), |producer| {
        let (id, epoch, sequence) = producer;
        (id.cast_signed(), epoch, sequence)
    });
    let records = records.cast_signed();
    let header = BatchHeader {
        base_offset: 0,
        batch_length: 49,
        leader_epoch: -1,
        crc: 0,
        attributes: Attributes(0),
        last_offset_delta: records - 1,
        base_timestamp: stamp,
        max_timestamp: stamp,
        producer_id,
        producer_epoch,
        base_sequence,
        record_count: records,
    };
    header.to_bytes().to_vec()
}

/// The facts of a batch without a producer.
pub(crate) fn facts(base: u64, records: u32, stamp: i64, epoch: u32) -> BatchFacts {
    BatchFacts {
        base_offset: Offset(base),
        last_delta: records - 1,
        leader_epoch: LeaderEpoch(epoch),
        max_timestamp: Timestamp(stamp),
        producer: None,
        is_control: false,
    }
}

/// A place of `len` bytes behind an entry header of 32 bytes, and where the next one may start.
pub(crate) fn span(at: u64, len: u32) -> (RingSpan, u64) {
    let end = at + 32 + u64::from(len);
    (RingSpan { lsn: Lsn(at + 32), len, end: Lsn(end) }, end)
}

/// Appends as the broker does; `at` is the ring's head, which moves on if the batch is fresh.
pub(crate) fn append(log: &mut PartitionLog, batch: &[u8], epoch: u32, at: &mut u64) -> Check {
    let view = BatchView::parse(batch).unwrap();
    let check = log.check(&view).unwrap();
    if let Check::Fresh { base_offset } = check {
        log.stage(&BatchFacts::fresh(&view, base_offset, LeaderEpoch(epoch)), NOW);
        let (span, next) = span(*at, u32::try_from(batch.len()).unwrap());
        log.place(span);
        *at = next;
    }
    check
}

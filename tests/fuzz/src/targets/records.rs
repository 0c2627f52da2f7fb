//! Record batches: validation under every rule, iteration, decompression, rewriting.

use protocol_records::{
    BatchBuilder, BatchHeader, BatchView, Header, ProducerStamp, ValidateRules, batches,
    find_timestamp, rewrite, rewrite_log_append_time, validate,
};
use protocol_types::{Codec, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp};

use crate::{Shape, Target};

pub const RECORDS: Target = Target {
    name: "records",
    corpus,
    repair,
    execute,
    ceiling: super::of_client_bytes,
    shape: Shape { length_max: 64 << 10, grain: 0 },
};

fn corpus() -> Vec<Vec<u8>> {
    let codecs = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
    let mut corpus: Vec<_> = codecs
        .into_iter()
        .flat_map(|codec| [(1, 10), (3, 100), (40, 300), (2, 9000)].map(|of| batch(codec, of)))
        .collect();
    let several = corpus.iter().step_by(4).flatten().copied().collect();
    corpus.push(several);
    corpus
}

/// A batch of `count` records with values of `length` bytes that compress a little.
fn batch(codec: Codec, (count, length): (u64, usize)) -> Vec<u8> {
    let mut builder = BatchBuilder::new(codec).producer(ProducerStamp {
        id: ProducerId(9),
        epoch: ProducerEpoch(1),
        base_sequence: Sequence(5),
    });
    let mut noise = broker_env::sim::Rng::new(count);
    for n in 0..count {
        let mut value = vec![b'v'; length];
        noise.fill(value.get_mut(length / 2..).unwrap_or_default());
        let headers = [Header { key: b"k", value: Some(b"1") }, Header { key: b"k", value: None }];
        let key = (n % 3 > 0).then_some(b"key".as_slice());
        builder.push(
            Timestamp(1_000_000 + (n * 7919 % 100).cast_signed()),
            key,
            Some(&value),
            &headers,
        );
    }
    match builder.build() {
        Ok(batch) => batch,
        Err(error) => panic!("a batch cannot be built: {error}"),
    }
}

/// Makes length and CRC of the first batch fit the input.
fn repair(input: &mut [u8]) {
    let length = u32::try_from(input.len().saturating_sub(12)).unwrap_or(u32::MAX);
    if let Some(field) = input.get_mut(8..12) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    let Some((front, covered)) = input.split_at_mut_checked(21) else { return };
    if let Some(field) = front.get_mut(17..) {
        field.copy_from_slice(&protocol_records::crc32c(covered).to_be_bytes());
    }
}

fn execute(input: &[u8]) -> bool {
    let limit = input.len() + (16 << 10);
    let mut good = false;
    for strict in [false, true] {
        let rules = ValidateRules {
            max_bytes: 1 << 20,
            allow_zstd: true,
            allow_transactional: true,
            needs_keys: strict,
            timestamp_bounds: strict.then_some((0, 2_000_000)),
            decompressed_bytes_max: limit,
        };
        match validate(input, &rules, &mut 0) {
            Ok(view) => {
                accepted(&view, input);
                good = true;
            }
            Err(refused) => assert!(refused.record_errors().len() <= 100),
        }
    }
    for view in batches(input).flatten() {
        good |= walk(&view, limit);
    }
    good
}

/// What validation promises of a batch it lets through.
fn accepted(view: &BatchView<'_>, input: &[u8]) {
    assert!(view.bytes() == input);
    assert_eq!(view.next_offset_delta(), u64::from(view.record_count()));
    assert!(!view.is_control());

    // What is stored is the header as validation amended it, before the body as it came.
    let (base, epoch) = (Offset(1 << 40), LeaderEpoch(3));
    let stamped = rewrite_log_append_time(view, base, epoch, Timestamp(7));
    for header in [rewrite(view, base, epoch), stamped] {
        let stored = [header.as_slice(), view.body()].concat();
        match BatchView::parse(&stored) {
            Ok(stored) => assert!(stored.crc_matches()),
            Err(error) => panic!("a rewritten batch cannot be read: {error}"),
        }
    }
}

/// Yields whether every record could be read.
fn walk(view: &BatchView<'_>, limit: usize) -> bool {
    assert!(BatchHeader::parse(view.bytes()).is_ok_and(|header| header == *view.header()));
    let Ok(decoded) = view.decode(limit) else { return false };
    let mut read = 0;
    for record in decoded.records().flatten() {
        read += 1;
        assert!(decoded.offset_of(&record) <= view.last_offset());
        assert_eq!(record.headers.len(), record.headers.count());
    }
    assert!(read <= view.record_count());

    let target = Timestamp(view.base_timestamp().0.saturating_add(50));
    if let Ok(Some((offset, timestamp))) = find_timestamp(view, target, view.base_offset(), limit) {
        assert!(timestamp >= target);
        assert!((view.base_offset()..=view.last_offset()).contains(&offset));
    }
    read == view.record_count()
}

//! The builder against batches made by hand from the format (`docs/formats/record-batch.md`).

use proptest::prelude::*;
use protocol_types::{ProducerEpoch, ProducerId, Sequence};

use super::*;
use crate::testing::{GOLDEN_GZIP, GOLDEN_PLAIN, unhex};
use crate::view::BatchView;
use crate::{ValidateRules, validate};

#[test]
fn the_golden_batch_is_built_byte_for_byte() {
    let mut builder = BatchBuilder::new(Codec::None).producer(ProducerStamp {
        id: ProducerId(4711),
        epoch: ProducerEpoch(3),
        base_sequence: Sequence(i32::MAX - 1),
    });
    builder.push(Timestamp(1_700_000_000_000), Some(b"key"), Some(b"value"), &[]);
    builder.push(Timestamp(1_700_000_002_000), None, None, &[]);
    let headers = [Header { key: b"k", value: Some(b"1") }, Header { key: b"k", value: None }];
    builder.push(Timestamp(1_700_000_001_000), Some(b""), Some(b"v"), &headers);
    assert_eq!(builder.record_count(), 3);
    assert_eq!(builder.build().unwrap(), unhex(GOLDEN_PLAIN));
}

#[test]
fn the_golden_batches_are_read_field_by_field() {
    let plain = unhex(GOLDEN_PLAIN);
    let view = BatchView::parse(&plain).unwrap();
    assert!(view.crc_matches());
    assert_eq!((view.base_offset(), view.last_offset()), (Offset(0), Offset(2)));
    assert_eq!((view.next_offset(), view.next_offset_delta()), (Offset(3), 3));
    assert_eq!(view.leader_epoch(), None);
    assert_eq!(view.base_timestamp(), Timestamp(1_700_000_000_000));
    assert_eq!(view.max_timestamp(), Timestamp(1_700_000_002_000));
    let stamp = view.producer().unwrap();
    assert_eq!((stamp.id, stamp.epoch), (ProducerId(4711), ProducerEpoch(3)));
    assert_eq!(stamp.base_sequence, Sequence(i32::MAX - 1));
    assert_eq!(view.header().to_bytes(), plain[..HEADER_LEN]);

    let gzip = unhex(GOLDEN_GZIP);
    let view = BatchView::parse(&gzip).unwrap();
    assert!(view.crc_matches());
    assert_eq!((view.codec(), view.producer()), (Codec::Gzip, None));
    assert_eq!((view.base_offset(), view.leader_epoch()), (Offset(42), Some(LeaderEpoch(7))));
    let decoded = view.decode(1 << 10).unwrap();
    let records: Vec<_> = decoded.records().map(Result::unwrap).collect();
    let offsets: Vec<u64> = records.iter().map(|record| decoded.offset_of(record).0).collect();
    assert_eq!(offsets, [42, 43, 44]);
    assert_eq!(
        (records[0].key, records[0].value),
        (Some(b"key".as_slice()), Some(b"value".as_slice()))
    );
    assert_eq!((records[1].key, records[1].value), (None, None));
    assert_eq!(decoded.timestamp_of(&records[1]), Timestamp(1_700_000_002_000));
    assert_eq!((records[2].key, records[2].value), (Some(b"".as_slice()), Some(b"v".as_slice())));
    let headers: Vec<_> = records[2].headers.clone().collect();
    let want = [Header { key: b"k", value: Some(b"1") }, Header { key: b"k", value: None }];
    assert_eq!(headers, want, "duplicates are kept, in their order");
}

type Nullable = Option<Vec<u8>>;
type Row = (i64, Nullable, Nullable, Vec<(Vec<u8>, Nullable)>);

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        // Compressible, and longer than the codecs' blocks now and then.
        (any::<u8>(), 0_usize..100_000).prop_map(|(byte, length)| vec![byte; length]),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let header = (prop::collection::vec(any::<u8>(), 0..4), prop::option::of(bytes()));
    (
        any::<i64>(),
        prop::option::of(bytes()),
        prop::option::of(bytes()),
        prop::collection::vec(header, 0..3),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_pushed_is_read_back_with_every_codec(
        rows in prop::collection::vec(row(), 1..8),
        bits in 0_u8..5,
    ) {
        let mut builder = BatchBuilder::new(Codec::from_bits(bits).unwrap());
        for (timestamp, key, value, headers) in &rows {
            let headers: Vec<_> =
                headers.iter().map(|(key, value)| Header { key, value: value.as_deref() }).collect();
            builder.push(Timestamp(*timestamp), key.as_deref(), value.as_deref(), &headers);
        }
        let batch = builder.build().unwrap();
        let rules = ValidateRules {
            max_bytes: u32::MAX,
            allow_zstd: true,
            allow_transactional: false,
            needs_keys: false,
            timestamp_bounds: None,
            decompressed_bytes_max: 0,
        };
        let view = validate(&batch, &rules, &mut 0).unwrap();
        let decoded = view.decode(16 << 20).unwrap();
        let read: Vec<Row> = decoded
            .records()
            .map(|record| {
                let record = record.unwrap();
                let headers = record.headers.clone();
                (
                    decoded.timestamp_of(&record).0,
                    record.key.map(<[u8]>::to_vec),
                    record.value.map(<[u8]>::to_vec),
                    headers.map(|h| (h.key.to_vec(), h.value.map(<[u8]>::to_vec))).collect(),
                )
            })
            .collect();
        prop_assert_eq!(read, rows);
    }
}

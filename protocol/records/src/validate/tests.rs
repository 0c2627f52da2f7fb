//! One row per rule; names carry the trap of kafka-compat.md they answer.

use proptest::prelude::*;
use protocol_types::{ProducerEpoch, ProducerId, Sequence};
use rstest::rstest;

use super::*;
use crate::header::HEADER_LEN;
use crate::testing::{field, patched, sample, sealed};
use crate::{BatchBuilder, ProducerStamp};

const RULES: ValidateRules = ValidateRules {
    max_bytes: 1 << 20,
    allow_zstd: true,
    allow_transactional: false,
    needs_keys: false,
    timestamp_bounds: None,
    decompressed_bytes_max: 1 << 20,
};

fn code(records: &[u8], rules: &ValidateRules) -> ErrorCode {
    validate(records, rules, &mut 0).map_or_else(|refused| refused.code(), |_| ErrorCode::None)
}

#[rstest]
#[case::trap_44_no_bytes(Vec::new(), ErrorCode::InvalidRecord)]
#[case::trap_44_cut_in_its_header(sample(Codec::None)[..40].to_vec(), ErrorCode::InvalidRecord)]
#[case::trap_44_cut_in_its_records(sample(Codec::None)[..70].to_vec(), ErrorCode::InvalidRecord)]
#[case::trap_44_two_batches(sample(Codec::None).repeat(2), ErrorCode::InvalidRecord)]
#[case::trap_44_trailing_byte([sample(Codec::None), vec![0]].concat(), ErrorCode::InvalidRecord)]
#[case::trap_44_magic_0(patched(field::MAGIC, &[0]), ErrorCode::InvalidRecord)]
#[case::trap_44_magic_1(patched(field::MAGIC, &[1]), ErrorCode::InvalidRecord)]
#[case::trap_44_magic_3(patched(field::MAGIC, &[3]), ErrorCode::CorruptMessage)]
#[case::trap_44_magic_minus_1(patched(field::MAGIC, &[0xff]), ErrorCode::CorruptMessage)]
#[case::trap_44_length_0(patched(field::LENGTH, &[0; 4]), ErrorCode::CorruptMessage)]
#[case::trap_44_length_48(patched(field::LENGTH, &[0, 0, 0, 48]), ErrorCode::CorruptMessage)]
#[case::trap_44_length_negative(patched(field::LENGTH, &[0xff; 4]), ErrorCode::CorruptMessage)]
#[case::trap_44_length_of_2_gib(
    patched(field::LENGTH, &i32::MAX.to_be_bytes()),
    ErrorCode::InvalidRecord
)]
#[case::base_offset_1(patched(field::BASE_OFFSET, &1_i64.to_be_bytes()), ErrorCode::InvalidRecord)]
#[case::base_offset_minus_1(patched(field::BASE_OFFSET, &[0xff; 8]), ErrorCode::InvalidRecord)]
#[case::trap_44_crc(patched(field::CRC, &[0; 4]), ErrorCode::CorruptMessage)]
#[case::trap_44_count_above_last_delta(
    sealed(field::COUNT, &4_i32.to_be_bytes()),
    ErrorCode::InvalidRecord
)]
#[case::trap_44_count_below_last_delta(
    sealed(field::COUNT, &2_i32.to_be_bytes()),
    ErrorCode::InvalidRecord
)]
#[case::trap_44_count_0(sealed(field::COUNT, &[0; 4]), ErrorCode::InvalidRecord)]
#[case::trap_44_count_negative(sealed(field::COUNT, &[0xff; 4]), ErrorCode::InvalidRecord)]
#[case::trap_44_count_smallest(
    sealed(field::COUNT, &i32::MIN.to_be_bytes()),
    ErrorCode::InvalidRecord
)]
#[case::trap_44_last_delta_negative(sealed(field::LAST_DELTA, &[0xff; 4]), ErrorCode::InvalidRecord)]
#[case::trap_44_empty_batch(
    BatchBuilder::new(Codec::None).build().unwrap(),
    ErrorCode::InvalidRecord
)]
#[case::trap_43_codec_5(sealed(field::ATTRIBUTES, &[0, 5]), ErrorCode::UnsupportedCompressionType)]
#[case::trap_43_codec_7(sealed(field::ATTRIBUTES, &[0, 7]), ErrorCode::UnsupportedCompressionType)]
#[case::control(sealed(field::ATTRIBUTES, &[0, 0x20]), ErrorCode::InvalidRecord)]
#[case::transactional_without_producer(
    sealed(field::ATTRIBUTES, &[0, 0x10]),
    ErrorCode::InvalidRecord
)]
#[case::log_append_time_set_by_client(sealed(field::ATTRIBUTES, &[0, 0x08]), ErrorCode::None)]
#[case::producer_without_sequence(sealed(field::PRODUCER_ID, &[0; 8]), ErrorCode::InvalidRecord)]
#[case::plain(sample(Codec::None), ErrorCode::None)]
#[case::gzip(sample(Codec::Gzip), ErrorCode::None)]
#[case::snappy(sample(Codec::Snappy), ErrorCode::None)]
#[case::lz4(sample(Codec::Lz4), ErrorCode::None)]
#[case::zstd(sample(Codec::Zstd), ErrorCode::None)]
fn a_batch_gets_kafkas_code(#[case] records: Vec<u8>, #[case] want: ErrorCode) {
    assert_eq!(code(&records, &RULES), want);
}

#[test]
fn trap_34_a_batch_above_max_message_bytes_is_too_large_to_the_byte() {
    let batch = sample(Codec::None);
    let len = u32::try_from(batch.len()).unwrap();
    assert_eq!(code(&batch, &ValidateRules { max_bytes: len, ..RULES }), ErrorCode::None);
    let rules = ValidateRules { max_bytes: len - 1, ..RULES };
    assert_eq!(code(&batch, &rules), ErrorCode::MessageTooLarge);
    // Kafka looks at the size first: no CPU for the CRC of what is refused anyway.
    let damaged = patched(field::CRC, &[0; 4]);
    assert_eq!(code(&damaged, &rules), ErrorCode::MessageTooLarge);
}

#[test]
fn trap_43_zstd_is_refused_below_produce_7() {
    let rules = ValidateRules { allow_zstd: false, ..RULES };
    assert_eq!(code(&sample(Codec::Zstd), &rules), ErrorCode::UnsupportedCompressionType);
    assert_eq!(code(&sample(Codec::Lz4), &rules), ErrorCode::None);
}

#[test]
fn a_transactional_batch_needs_transactions() {
    let stamp =
        ProducerStamp { id: ProducerId(7), epoch: ProducerEpoch(0), base_sequence: Sequence(0) };
    let mut builder = BatchBuilder::new(Codec::None).producer(stamp).transactional();
    builder.push(Timestamp(1), None, None, &[]);
    let batch = builder.build().unwrap();
    assert_eq!(code(&batch, &RULES), ErrorCode::InvalidTxnState);
    let view =
        validate(&batch, &ValidateRules { allow_transactional: true, ..RULES }, &mut 0).unwrap();
    assert!(view.is_transactional());
    assert_eq!(view.producer(), Some(stamp));
}

/// Keys of four records, null where the table says so.
fn keyed(codec: Codec, keys: [bool; 4]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(codec);
    for (at, keyed) in (0..).zip(keys) {
        builder.push(Timestamp(at), keyed.then_some(b"k".as_slice()), Some(b"v"), &[]);
    }
    builder.build().unwrap()
}

#[rstest]
fn trap_42_a_compacted_topic_names_each_record_without_a_key(
    #[values(Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd)] codec: Codec,
) {
    let rules = ValidateRules { needs_keys: true, ..RULES };
    assert_eq!(code(&keyed(codec, [true; 4]), &rules), ErrorCode::None);

    let batch = keyed(codec, [true, false, true, false]);
    let refused = validate(&batch, &rules, &mut 0).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InvalidRecord);
    let blamed: Vec<u32> = refused.record_errors().iter().map(|error| error.index).collect();
    assert_eq!(blamed, [1, 3]);
    assert_eq!(code(&batch, &RULES), ErrorCode::None, "other topics take null keys");
}

#[test]
fn trap_42_blame_is_bounded_whatever_the_batch_unpacks_to() {
    let mut builder = BatchBuilder::new(Codec::Zstd);
    (0..10_000).for_each(|_| builder.push(Timestamp(1), None, None, &[]));
    let batch = builder.build().unwrap();
    let rules = ValidateRules { needs_keys: true, ..RULES };
    assert_eq!(
        validate(&batch, &rules, &mut 0).unwrap_err().record_errors().len(),
        RECORD_ERRORS_MAX
    );
}

fn stamped(timestamps: &[i64]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Codec::Lz4);
    for &timestamp in timestamps {
        builder.push(Timestamp(timestamp), Some(b"k"), Some(b"v"), &[]);
    }
    builder.build().unwrap()
}

#[rstest]
#[case::within(&[100, 150, 200], (100, 200), None)]
#[case::above_by_one(&[100, 201, 150], (100, 200), Some(vec![1]))]
#[case::below_by_one(&[150, 99, 160], (100, 200), Some(vec![1]))]
#[case::first_below(&[99, 150], (100, 200), Some(vec![0]))]
#[case::unset_is_never_out_of_range(&[-1, -1], (100, 200), None)]
#[case::header_alone_decides(&[5, 6], (i64::MIN, 200), None)]
#[case::header_points_at_records(&[5, 900, 7, 901], (i64::MIN, 200), Some(vec![1, 3]))]
fn timestamps_out_of_bounds_are_named(
    #[case] timestamps: &[i64],
    #[case] bounds: (i64, i64),
    #[case] blamed: Option<Vec<u32>>,
) {
    let rules = ValidateRules { timestamp_bounds: Some(bounds), ..RULES };
    let batch = stamped(timestamps);
    let refused = validate(&batch, &rules, &mut 0).err();
    if let Some(refused) = &refused {
        assert_eq!(refused.code(), ErrorCode::InvalidTimestamp);
    }
    let got = refused
        .map(|refused| refused.record_errors().iter().map(|error| error.index).collect::<Vec<_>>());
    assert_eq!(got, blamed);
}

/// As Kafka's validator does where it looks at records; nothing but the header changes.
#[rstest]
#[case::beyond_the_bounds(sealed(field::MAX_TIMESTAMP, &9_000_i64.to_be_bytes()))]
#[case::stamped_by_the_client(sealed(field::ATTRIBUTES, &[0, 0x08]))]
fn a_header_that_its_records_do_not_bear_out_is_amended(#[case] batch: Vec<u8>) {
    let honest = sample(Codec::None);
    let expected = BatchView::parse(&honest).unwrap();
    let rules = ValidateRules { timestamp_bounds: Some((i64::MIN, 8_000)), ..RULES };
    let view = validate(&batch, &rules, &mut 0).unwrap();
    assert_eq!(view.max_timestamp(), expected.max_timestamp());
    assert_eq!(view.timestamp_type(), TimestampType::CreateTime);
    assert_eq!(view.header(), expected.header(), "the checksum of what is stored is right");
    assert_eq!(view.body(), expected.body());
}

#[test]
fn an_honest_header_stays_as_it_is() {
    let rules = ValidateRules { needs_keys: true, timestamp_bounds: Some((0, 8_000)), ..RULES };
    let batch = stamped(&[1_000, 3_000, 2_000]);
    let view = validate(&batch, &rules, &mut 0).unwrap();
    assert_eq!(view.header(), BatchView::parse(&batch).unwrap().header());
}

#[test]
fn what_unpacks_beyond_the_limit_is_too_large_where_records_are_needed() {
    let mut builder = BatchBuilder::new(Codec::Gzip);
    builder.push(Timestamp(1), Some(b"k"), Some(&vec![0; 200_000]), &[]);
    let batch = builder.build().unwrap();
    let rules = ValidateRules { needs_keys: true, decompressed_bytes_max: 100_000, ..RULES };
    assert_eq!(code(&batch, &rules), ErrorCode::MessageTooLarge);
    assert_eq!(code(&batch, &RULES), ErrorCode::None, "elsewhere nobody unpacks it");
}

#[test]
fn records_that_cannot_be_read_are_found_only_where_they_are_needed() {
    // A key of 2^31 − 1 bytes in a batch whose header and CRC are right.
    let batch = sealed(HEADER_LEN + 4, &[0xfe, 0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(code(&batch, &RULES), ErrorCode::None);
    let rules = ValidateRules { needs_keys: true, ..RULES };
    assert_eq!(code(&batch, &rules), ErrorCode::InvalidRecord);
}

proptest! {
    /// Damage anywhere is found: by the CRC, or in the fields before it by their own rules. Base
    /// offset is checked against 0 and the leader epoch is overwritten, so it alone may differ.
    #[test]
    fn a_flipped_bit_is_refused(at in 0_usize..1 << 16, bit in 0_u8..8) {
        let mut batch = sample(Codec::None);
        let at = at % batch.len();
        batch[at] ^= 1 << bit;
        prop_assert_eq!(validate(&batch, &RULES, &mut 0).is_ok(), (12..16).contains(&at));
    }

    #[test]
    fn any_bytes_are_answered(
        head in prop::collection::vec(any::<u8>(), 0..80),
        cut in 0_usize..200,
        needs_keys: bool,
    ) {
        let rules = ValidateRules { needs_keys, timestamp_bounds: Some((0, 5_000)), ..RULES };
        let mut batch = sample(Codec::None);
        let front = head.len().min(batch.len());
        batch[..front].copy_from_slice(&head[..front]);
        batch.truncate(cut.min(batch.len()));
        let _ = validate(&head, &rules, &mut 0);
        let _ = validate(&batch, &rules, &mut 0);
    }
}

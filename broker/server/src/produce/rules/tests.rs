use config::TopicConfig;
use rstest::rstest;

use super::*;
use crate::handlers::fixture::Fixture;

fn config(change: impl FnOnce(&mut TopicConfig)) -> TopicConfig {
    let fixture = Fixture::new().topic("t", 1);
    let mut config = (*fixture.controller.image().topic("t").unwrap().config).clone();
    change(&mut config);
    config
}

#[rstest]
#[case(3, false)]
#[case(6, false)]
#[case(7, true)]
#[case(11, true)]
fn trap_43_zstd_needs_produce_7(#[case] version: i16, #[case] allowed: bool) {
    assert_eq!(of(&config(|_| {}), version, Timestamp(0)).allow_zstd, allowed);
}

#[test]
fn trap_42_compacted_topics_need_keys() {
    assert!(!of(&config(|_| {}), 9, Timestamp(0)).needs_keys);
    assert!(of(&config(|config| config.cleanup_policy.compact = true), 9, Timestamp(0)).needs_keys);
}

#[rstest]
#[case::both(Some(10), Some(5), Some((990, 1005)))]
#[case::future_only(None, Some(5), Some((i64::MIN, 1005)))]
#[case::neither(None, None, None)]
#[case::saturating(Some(i64::MAX), Some(i64::MAX), Some((1000 - i64::MAX, i64::MAX)))]
fn timestamps_are_bounded_around_now(
    #[case] before: Option<i64>,
    #[case] after: Option<i64>,
    #[case] bounds: Option<(i64, i64)>,
) {
    let mut config = config(|config| {
        config.message_timestamp_before_max_ms = before;
        config.message_timestamp_after_max_ms = after;
    });
    assert_eq!(of(&config, 9, Timestamp(1000)).timestamp_bounds, bounds);
    config.message_timestamp_type = TimestampType::LogAppendTime;
    assert_eq!(of(&config, 9, Timestamp(1000)).timestamp_bounds, None, "the broker stamps them");
}

#[rstest]
#[case::small(1_000, 32 * 1_000)]
#[case::default(1_048_588, 32 * 1_048_588)]
#[case::large(100 << 20, DECODED_BYTES_MAX)]
fn what_a_batch_may_unpack_to_follows_from_its_topic(
    #[case] largest: u32,
    #[case] unpacked: usize,
) {
    let config = config(|config| config.max_message_bytes = largest);
    assert_eq!(of(&config, 9, Timestamp(0)).decompressed_bytes_max, unpacked);
}

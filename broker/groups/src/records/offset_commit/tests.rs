use rstest::rstest;

use super::*;

const TOPIC: TopicId = TopicId([7; 16]);

fn committed() -> Committed {
    Committed {
        offset: 42,
        leader_epoch: Some(LeaderEpoch(3)),
        metadata: "note".into(),
        committed_at: Timestamp(1_000),
        expires_at: None,
        topic_id: Some(TOPIC),
    }
}

/// Bytes as Kafka's own serialisers write them, version by version.
#[rstest]
#[case::v0(
    &[0, 0, 0, 0, 0, 0, 0, 0, 0, 42, 0, 4, b'n', b'o', b't', b'e', 0, 0, 0, 0, 0, 0, 3, 0xe8],
    Committed { leader_epoch: None, topic_id: None, ..committed() }
)]
#[case::v1_expires(
    &[0, 1, 0, 0, 0, 0, 0, 0, 0, 42, 0, 4, b'n', b'o', b't', b'e', 0, 0, 0, 0, 0, 0, 3, 0xe8,
      0, 0, 0, 0, 0, 0, 7, 0xd0],
    Committed {
        leader_epoch: None, topic_id: None, expires_at: Some(Timestamp(2_000)), ..committed()
    }
)]
#[case::v1_with_the_default(
    &[0, 1, 0, 0, 0, 0, 0, 0, 0, 42, 0, 4, b'n', b'o', b't', b'e', 0, 0, 0, 0, 0, 0, 3, 0xe8,
      255, 255, 255, 255, 255, 255, 255, 255],
    Committed { leader_epoch: None, topic_id: None, ..committed() }
)]
#[case::v2(
    &[0, 2, 0, 0, 0, 0, 0, 0, 0, 42, 0, 4, b'n', b'o', b't', b'e', 0, 0, 0, 0, 0, 0, 3, 0xe8],
    Committed { leader_epoch: None, topic_id: None, ..committed() }
)]
#[case::v3(
    &[0, 3, 0, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0, 3, 0, 4, b'n', b'o', b't', b'e',
      0, 0, 0, 0, 0, 0, 3, 0xe8],
    Committed { topic_id: None, ..committed() }
)]
#[case::v4_without_topic_id(
    &[0, 4, 0, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0, 3, 5, b'n', b'o', b't', b'e',
      0, 0, 0, 0, 0, 0, 3, 0xe8, 0],
    Committed { topic_id: None, ..committed() }
)]
#[case::v4(
    &[0, 4, 0, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0, 3, 5, b'n', b'o', b't', b'e',
      0, 0, 0, 0, 0, 0, 3, 0xe8, 1, 0, 16, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
    committed()
)]
fn every_version_of_the_value_is_read(#[case] bytes: &[u8], #[case] value: Committed) {
    assert_eq!(decode_value(bytes).unwrap(), value);
    for length in 0..bytes.len() {
        assert!(decode_value(&bytes[..length]).is_err(), "cut off at {length}");
    }
}

#[rstest]
#[case::plain(committed(), 4)]
#[case::without_topic_id(Committed { topic_id: None, ..committed() }, 4)]
#[case::nothing_but_the_offset(
    Committed { leader_epoch: None, topic_id: None, metadata: "".into(), ..committed() }, 4
)]
#[case::with_its_own_expiry(
    Committed {
        leader_epoch: None, topic_id: None, expires_at: Some(Timestamp(5)), ..committed()
    }, 1
)]
fn what_is_written_comes_back(#[case] value: Committed, #[case] version: u8) {
    let record = record("group", "topic", PartitionIndex(9), &value);
    let bytes = record.value.as_ref().unwrap();
    assert_eq!(bytes[..2], [0, version]);
    assert_eq!(decode_value(bytes).unwrap(), value);
    let key =
        OffsetKey { group: "group".into(), topic: "topic".into(), partition: PartitionIndex(9) };
    assert_eq!(decode_key(&record).unwrap(), key);
}

#[test]
fn the_key_is_kafkas() {
    let record = tombstone("g", "topic", PartitionIndex(258));
    assert_eq!(&*record.key, b"\0\x01\0\x01g\0\x05topic\0\0\x01\x02");
    assert_eq!(record.value, None);
    assert_eq!(super::super::kind(&record), Some(1));
}

#[rstest]
#[case::newer(&[0, 5, 0, 0, 0, 0, 0, 0, 0, 1])]
#[case::negative(&[255, 255, 0])]
#[case::empty(&[])]
fn other_values_are_refused(#[case] bytes: &[u8]) {
    assert!(decode_value(bytes).is_err());
}

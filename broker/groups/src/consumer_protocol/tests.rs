use bytes::BytesMut;
use protocol_types::TopicId;
use rstest::rstest;

use super::*;
use crate::consumer::tests::fixture::FakeTopics;

fn topics() -> FakeTopics {
    let mut topics = FakeTopics::default();
    topics.set("a", 1, 3);
    topics
}

/// Version 3: topics, user data, owned partitions, generation, rack.
const SUBSCRIPTION: &[u8] = b"\x00\x03\x00\x00\x00\x01\x00\x01a\xff\xff\xff\xff\
    \x00\x00\x00\x01\x00\x01a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x02\
    \x00\x00\x00\x07\x00\x01r";

#[test]
fn a_subscription_is_read() {
    let read = subscription(SUBSCRIPTION).unwrap();
    assert_eq!((read.version, read.rack.as_deref()), (3, Some("r")));
    assert_eq!(read.topics, BTreeSet::from(["a".to_owned()]));
    assert_eq!(read.owned, [("a".to_owned(), vec![PartitionIndex(0), PartitionIndex(2)])]);
    let first = subscription(b"\x00\x00\x00\x00\x00\x01\x00\x01a\x00\x00\x00\x00").unwrap();
    assert_eq!((first.version, first.owned.len(), first.rack), (0, 0, None));
}

#[test]
fn a_cut_subscription_is_none() {
    for len in 0..SUBSCRIPTION.len() {
        assert_eq!(subscription(&SUBSCRIPTION[..len]), None, "{len}");
    }
    assert_eq!(subscription(b"\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff"), None);
}

#[test]
fn an_assignment_is_written_as_it_is_read() {
    let topics = topics();
    let mut partitions = Partitions::default();
    partitions.insert(TopicId([1; 16]), PartitionIndex(2));
    partitions.insert(TopicId([9; 16]), PartitionIndex(0));
    let bytes = write_assignment(&topics, 9, &partitions);
    assert_eq!(&bytes[..2], [0, 3], "the newest version there is");
    let (named, own_data) = assignment(&bytes).unwrap();
    assert_eq!(
        named,
        [("a".to_owned(), vec![PartitionIndex(2)])],
        "a topic that is gone is not named"
    );
    assert!(!own_data);
    assert_eq!(by_id(&topics, &named).len(), 1);
    assert_eq!(assignment(b""), Some((Vec::new(), false)));
}

fn beginning(version: i16, names: &[&str], rest: &[u8]) -> BytesMut {
    let mut bytes = BytesMut::new();
    bytes.put_i16(version);
    bytes.put_i32(i32::try_from(names.len()).unwrap());
    for name in names {
        bytes.put_i16(i16::try_from(name.len()).unwrap());
        bytes.put_slice(name.as_bytes());
    }
    bytes.put_slice(rest);
    bytes
}

#[rstest]
#[case::version_0(0, &[])]
#[case::version_1_with_owned_partitions(1, &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])]
#[case::a_version_to_come(7, &[1, 2, 3])]
fn the_topics_stand_first_in_every_version(#[case] version: i16, #[case] rest: &[u8]) {
    let mut found = BTreeSet::new();
    let bytes = beginning(version, &["flights", "weather", "flights"], rest);
    assert_eq!(super::topics(&bytes, &mut found), Some(()));
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["flights", "weather"]);
}

#[test]
fn topics_cut_anywhere_is_not_understood() {
    let bytes = beginning(0, &["flights", "weather"], &[]);
    for length in 0..bytes.len() {
        assert_eq!(super::topics(&bytes[..length], &mut BTreeSet::new()), None, "cut at {length}");
    }
}

#[rstest]
#[case::negative_version(&[0xff, 0xff, 0, 0, 0, 0])]
#[case::a_count_that_lies(&[0, 0, 0x7f, 0xff, 0xff, 0xff])]
#[case::a_negative_length(&[0, 0, 0, 0, 0, 1, 0xff, 0xfe])]
#[case::no_text(&[0, 0, 0, 0, 0, 1, 0, 1, 0xff])]
fn what_is_no_subscription_is_not_understood(#[case] bytes: &[u8]) {
    assert_eq!(super::topics(bytes, &mut BTreeSet::new()), None);
}

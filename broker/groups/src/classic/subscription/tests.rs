use bytes::{BufMut, BytesMut};
use rstest::rstest;

use super::*;

fn subscription(version: i16, names: &[&str], rest: &[u8]) -> BytesMut {
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
    let mut topics = BTreeSet::new();
    let bytes = subscription(version, &["flights", "weather", "flights"], rest);
    assert_eq!(read_topics(&bytes, &mut topics), Some(()));
    assert_eq!(topics.into_iter().collect::<Vec<_>>(), ["flights", "weather"]);
}

#[test]
fn a_subscription_cut_anywhere_is_not_understood() {
    let bytes = subscription(0, &["flights", "weather"], &[]);
    for length in 0..bytes.len() {
        assert_eq!(read_topics(&bytes[..length], &mut BTreeSet::new()), None, "cut at {length}");
    }
}

#[rstest]
#[case::negative_version(&[0xff, 0xff, 0, 0, 0, 0])]
#[case::a_count_that_lies(&[0, 0, 0x7f, 0xff, 0xff, 0xff])]
#[case::a_negative_length(&[0, 0, 0, 0, 0, 1, 0xff, 0xfe])]
#[case::no_text(&[0, 0, 0, 0, 0, 1, 0, 1, 0xff])]
fn what_is_no_subscription_is_not_understood(#[case] bytes: &[u8]) {
    assert_eq!(read_topics(bytes, &mut BTreeSet::new()), None);
}

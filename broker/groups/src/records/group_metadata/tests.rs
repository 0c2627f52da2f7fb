use rstest::rstest;

use super::*;

fn group() -> GroupMetadata {
    GroupMetadata {
        protocol_type: "consumer".into(),
        generation: 5,
        protocol: Some("range".into()),
        leader: Some("m".into()),
        state_since: Some(Timestamp(7)),
        members: vec![member()],
    }
}

fn member() -> MemberMetadata {
    MemberMetadata {
        member_id: "m".into(),
        instance_id: Some("i".into()),
        client_id: "c".into(),
        client_host: "/h".into(),
        rebalance_timeout_ms: 3,
        session_timeout_ms: 2,
        subscription: Bytes::from_static(b"s"),
        assignment: Bytes::from_static(b"as"),
    }
}

#[test]
fn trap_111_the_bytes_are_kafkas() {
    let record = record("g", &group());
    assert_eq!(&*record.key, b"\0\x02\0\x01g");
    let value: &[u8] = b"\0\x03\0\x08consumer\0\0\0\x05\0\x05range\0\x01m\0\0\0\0\0\0\0\x07\
        \0\0\0\x01\0\x01m\0\x01i\0\x01c\0\x02/h\0\0\0\x03\0\0\0\x02\0\0\0\x01s\0\0\0\x02as";
    assert_eq!(record.value.as_deref(), Some(value));
    assert_eq!(&*decode_key(&record).unwrap(), "g");
}

#[rstest]
#[case::whole(group())]
#[case::static_and_dynamic(GroupMetadata {
    members: vec![member(), MemberMetadata { instance_id: None, ..member() }],
    ..group()
})]
#[case::empty(GroupMetadata { protocol: None, leader: None, members: vec![], ..group() })]
#[case::never_joined(GroupMetadata::default())]
fn what_is_written_comes_back(#[case] value: GroupMetadata) {
    let bytes = record("g", &value).value.unwrap();
    assert_eq!(decode_value(&bytes).unwrap(), value);
    for length in 0..bytes.len() {
        assert!(decode_value(&bytes[..length]).is_err(), "cut off at {length}");
    }
}

#[rstest]
#[case::v0_has_no_rebalance_timeout(
    b"\0\0\0\x01p\0\0\0\x05\0\x05range\0\x01m\0\0\0\x01\0\x01m\0\x01c\0\x02/h\0\0\0\x02\
      \0\0\0\x01s\0\0\0\x02as",
    None,
    None,
    2
)]
#[case::v1_has_no_state_timestamp(
    b"\0\x01\0\x01p\0\0\0\x05\0\x05range\0\x01m\0\0\0\x01\0\x01m\0\x01c\0\x02/h\0\0\0\x03\
      \0\0\0\x02\0\0\0\x01s\0\0\0\x02as",
    None,
    None,
    3
)]
#[case::v2_has_no_instance(
    b"\0\x02\0\x01p\0\0\0\x05\0\x05range\0\x01m\0\0\0\0\0\0\0\x07\0\0\0\x01\0\x01m\0\x01c\0\x02/h\
      \0\0\0\x03\0\0\0\x02\0\0\0\x01s\0\0\0\x02as",
    Some(7),
    None,
    3
)]
#[case::v4_is_flexible(
    b"\0\x04\x02p\0\0\0\x05\x06range\x02m\0\0\0\0\0\0\0\x07\x02\x02m\x02i\x02c\x03/h\
      \0\0\0\x03\0\0\0\x02\x02s\x03as\0\0",
    Some(7),
    Some("i"),
    3
)]
fn every_version_is_read(
    #[case] bytes: &[u8],
    #[case] since: Option<i64>,
    #[case] instance: Option<&str>,
    #[case] rebalance_timeout_ms: i32,
) {
    let member =
        MemberMetadata { instance_id: instance.map(Into::into), rebalance_timeout_ms, ..member() };
    let expected = GroupMetadata {
        protocol_type: "p".into(),
        state_since: since.map(Timestamp),
        members: vec![member],
        ..group()
    };
    assert_eq!(decode_value(bytes).unwrap(), expected);
}

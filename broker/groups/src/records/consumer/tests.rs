use bytes::Bytes;
use protocol_types::{PartitionIndex, TopicId};
use rstest::rstest;

use super::*;
use crate::consumer::{ClassicMember, MemberState};

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn owned(epoch: i32) -> crate::consumer::OwnedPartitions {
    [(TopicId([1; 16]), PartitionIndex(5), epoch)].into_iter().collect()
}

fn subscription() -> Subscription {
    Subscription {
        instance: Some("i".to_owned()),
        client_id: "c".to_owned(),
        client_host: "/h".to_owned(),
        topics: ["t".to_owned()].into(),
        rebalance_timeout_ms: 10,
        ..Subscription::default()
    }
}

const ID: &str = "01010101010101010101010101010101";

/// Golden bytes: Kafka's generated classes of release 4.3.1 write the same.
#[rstest]
#[case::group(group("g", 7, 0), "0003 0001 67", "0000 00000007 00")]
#[case::group_with_hash(
    group("g", 7, 1),
    "0003 0001 67",
    "0000 00000007 01 00 08 0000000000000001"
)]
#[case::member(
    member("g", "m", &subscription()),
    "0005 0001 67 0001 6d",
    "0000 02 69 00 02 63 03 2f68 02 02 74 01 0000000a 00 00"
)]
#[case::classic_member(
    member("g", "m", &Subscription {
        classic: Some(ClassicMember {
            session_timeout_ms: 6,
            protocols: vec![("p".to_owned(), Bytes::from_static(b"xy"))],
        }),
        ..subscription()
    }),
    "0005 0001 67 0001 6d",
    "0000 02 69 00 02 63 03 2f68 02 02 74 01 0000000a 00 01 00 0d 01 00000006 02 02 70 03 7879 00 00"
)]
#[case::target_epoch(target_epoch("g", 7, 0), "0006 0001 67", "0000 00000007 00")]
#[case::target(
    target("g", "m", &owned(0).partitions()),
    "0007 0001 67 0001 6d",
    &format!("0000 02 {ID} 02 00000005 00 00")
)]
#[case::current(
    current("g", "m", &Current {
        epoch: 7, previous_epoch: 6, state: MemberState::Unreleased,
        assigned: owned(7), revoking: crate::consumer::OwnedPartitions::default(),
    }),
    "0008 0001 67 0001 6d",
    &format!("0000 00000007 00000006 02 02 {ID} 02 00000005 01 00 05 02 00000007 01 00")
)]
#[case::regex(
    regex("g", "r", &ResolvedRegex { topics: ["t".to_owned()].into(), version: 1, at_ms: 2 }),
    "0010 0001 67 0001 72",
    "0000 02 02 74 0000000000000001 0000000000000002 00"
)]
fn records_have_kafkas_bytes(
    #[case] record: broker_coordinator::Record,
    #[case] key: &str,
    #[case] value: &str,
) {
    assert_eq!(record.key.to_vec(), hex(key));
    assert_eq!(record.value.as_deref(), Some(&*hex(value)));
    assert!(is_kind(i16::from_be_bytes([record.key[0], record.key[1]])));
    let read = decode(&record).unwrap();
    assert_eq!(read.group, "g");
    let cut = broker_coordinator::Record {
        value: record.value.map(|value| value.slice(..value.len() - 1)),
        ..record
    };
    assert!(decode(&cut).is_err(), "a cut value is refused");
}

#[rstest]
#[case(group_gone("g"), Fact::Group(None))]
#[case(member_gone("g", "m"), Fact::Member("m".to_owned(), None))]
#[case(target_epoch_gone("g"), Fact::TargetEpoch(None))]
#[case(target_gone("g", "m"), Fact::Target("m".to_owned(), None))]
#[case(current_gone("g", "m"), Fact::Current("m".to_owned(), None))]
#[case(regex_gone("g", "r"), Fact::Regex("r".to_owned(), None))]
fn tombstones_are_read(#[case] record: broker_coordinator::Record, #[case] fact: Fact) {
    assert_eq!(decode(&record).unwrap(), Read { group: "g".to_owned(), fact });
}

/// As Kafka before 4.3 wrote it: no epochs of partitions.
#[test]
fn partitions_without_epochs_count_from_the_members_epoch() {
    let value = hex(&format!("0000 00000007 00000006 00 02 {ID} 02 00000005 00 01 00"));
    let record =
        broker_coordinator::Record { key: current_gone("g", "m").key, value: Some(value.into()) };
    let Fact::Current(_, Some(read)) = decode(&record).unwrap().fact else { panic!("{record:?}") };
    assert_eq!(read.assigned, owned(7));
}

/// As long as the wire's texts may be: nothing is cut off, in key or value.
#[test]
fn the_longest_names_come_back_whole() {
    let long = "x".repeat(32_767);
    let client = Subscription { client_id: long.clone(), ..subscription() };
    let record = member(&long, &long, &client);
    assert_eq!(record.key[..4], [0, 5, 0x7f, 0xff]);
    let read = decode(&record).unwrap();
    assert_eq!(read, Read { group: long.clone(), fact: Fact::Member(long, Some(client)) });
}

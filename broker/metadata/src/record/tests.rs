use rstest::rstest;

use super::*;
use crate::quota::EntityName;

const TOPIC: TopicId = TopicId([0x11; 16]);

/// One record of each kind with its bytes. Never rewritten: a new version adds rows.
fn golden() -> Vec<(Record, &'static str)> {
    vec![
        (
            Record::ClusterCreated { cluster: ClusterId([0xaa; 16]) },
            "0100 00 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        (
            Record::FeatureLevel { name: "metadata.version".into(), level: 30 },
            "0200 00 10000000 6d657461646174612e76657273696f6e 1e00",
        ),
        (
            Record::BrokerBoot {
                broker: BrokerId(1),
                incarnation: 2,
                storage: [0xbb; 16],
                at_ms: 3,
            },
            "0300 00 01000000 02000000 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb 0300000000000000",
        ),
        (
            Record::TopicCreated { topic: TOPIC, name: "ab".into(), at_ms: -1 },
            "0400 00 11111111111111111111111111111111 02000000 6162 ffffffffffffffff",
        ),
        (
            Record::PartitionsAdded {
                topic: TOPIC,
                first: PartitionIndex(4),
                partitions: vec![
                    PartitionRecord { local_id: LocalId(5), replicas: vec![BrokerId(1)] },
                    PartitionRecord {
                        local_id: LocalId(6),
                        replicas: vec![BrokerId(1), BrokerId(2)],
                    },
                ],
            },
            "0500 00 11111111111111111111111111111111 04000000 02000000 \
             05000000 01000000 01000000 06000000 02000000 01000000 02000000",
        ),
        (Record::TopicDeleted { topic: TOPIC }, "0600 00 11111111111111111111111111111111"),
        (
            Record::ConfigSet {
                resource: Resource::Topic(TOPIC),
                name: "k".into(),
                value: "v".into(),
            },
            "0700 00 01 11111111111111111111111111111111 01000000 6b 01000000 76",
        ),
        (
            Record::ConfigSet {
                resource: Resource::Broker(BrokerId(9)),
                name: "k".into(),
                value: String::new(),
            },
            "0700 00 02 09000000 01000000 6b 00000000",
        ),
        (
            Record::ConfigRemoved { resource: Resource::AllBrokers, name: "k".into() },
            "0800 00 03 01000000 6b",
        ),
        (
            Record::ProducerIdBlock { broker: BrokerId(1), first: 1000, count: 500 },
            "0900 00 01000000 e803000000000000 f4010000",
        ),
        (Record::LocalIdFloor { next: LocalId(7) }, "0a00 00 07000000"),
    ]
}

/// Kinds and resources that came later.
fn golden_later() -> Vec<(Record, &'static str)> {
    vec![
        (
            Record::ClientQuota {
                entity: QuotaEntity {
                    user: Some(EntityName::Default),
                    client_id: Some(EntityName::of(Some("c"))),
                    ip: None,
                },
                key: "k".into(),
                value: Some(QuotaValue(1.5)),
            },
            "0b00 00 02 01 00 02 01 01000000 63 01000000 6b 01 000000000000f83f",
        ),
        (
            Record::ClientQuota {
                entity: QuotaEntity { ip: Some(EntityName::Default), ..QuotaEntity::default() },
                key: "k".into(),
                value: None,
            },
            "0b00 00 01 03 00 01000000 6b 00",
        ),
        (
            Record::ConfigSet {
                resource: Resource::Group("g".into()),
                name: "k".into(),
                value: "v".into(),
            },
            "0700 00 04 01000000 67 01000000 6b 01000000 76",
        ),
        (
            Record::ConfigSet {
                resource: Resource::ClientMetrics("m".into()),
                name: "k".into(),
                value: "v".into(),
            },
            "0700 00 05 01000000 6d 01000000 6b 01000000 76",
        ),
    ]
}

fn all_golden() -> impl Iterator<Item = (Record, &'static str)> {
    golden().into_iter().chain(golden_later())
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap())
        .collect()
}

#[test]
fn every_kind_has_its_golden_bytes() {
    for (record, hex) in all_golden() {
        let mut encoded = Vec::new();
        record.encode(&mut encoded);
        assert_eq!(encoded, bytes(hex), "{record:?}");
        assert_eq!(Record::decode(&encoded), Ok(record));
    }
}

#[test]
fn a_record_cut_or_lengthened_anywhere_is_refused() {
    for (_, hex) in all_golden() {
        let whole = bytes(hex);
        for len in 0..whole.len() {
            assert!(Record::decode(&whole[..len]).is_err(), "{hex} cut at {len}");
        }
        let mut longer = whole;
        longer.push(0);
        assert!(matches!(Record::decode(&longer), Err(DecodeError::Malformed { .. })), "{hex}");
    }
}

#[rstest]
#[case("0000 00", DecodeError::UnknownKind { kind: 0 })]
#[case("ff00 00", DecodeError::UnknownKind { kind: 255 })]
#[case("0600 01", DecodeError::UnknownVersion { kind: 6, version: 1, known: 0 })]
#[case("06", DecodeError::Truncated)]
fn what_this_build_does_not_know_is_refused_by_number(
    #[case] hex: &str,
    #[case] error: DecodeError,
) {
    assert_eq!(Record::decode(&bytes(hex)), Err(error));
}

#[test]
fn a_huge_count_costs_no_memory() {
    let hex = "0500 00 11111111111111111111111111111111 04000000 ffffffff";
    assert!(matches!(Record::decode(&bytes(hex)), Err(DecodeError::Malformed { kind: 5, .. })));
}

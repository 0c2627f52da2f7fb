//! Requests about a partition's records: produce, fetch, offsets, producers.

use kafka_protocol::messages::{
    delete_records_request as delete_records, fetch_request as fetch,
    list_offsets_request as list_offsets, offset_for_leader_epoch_request as epochs,
    produce_request as produce,
};

use super::{
    Element, Field, INT32_ELEMENT, Kind, array, int8, int16, int32, int64, records, string,
    structure, uuid,
};

pub(super) const PRODUCE: &[Field] = &[
    string("TransactionalId").from(3).nullable(3),
    int16("Acks"),
    int32("TimeoutMs"),
    array("TopicData", &Element::of::<produce::TopicProduceData>(Kind::Struct(TOPIC_PRODUCE_DATA))),
];

const TOPIC_PRODUCE_DATA: &[Field] = &[
    string("Name").until(12),
    uuid("TopicId").from(13),
    array(
        "PartitionData",
        &Element::of::<produce::PartitionProduceData>(Kind::Struct(PARTITION_PRODUCE_DATA)),
    ),
];

const PARTITION_PRODUCE_DATA: &[Field] = &[int32("Index"), records("Records").nullable(0)];

pub(super) const FETCH: &[Field] = &[
    string("ClusterId").from(12).nullable(12).tagged(0),
    int32("ReplicaId").until(14),
    structure("ReplicaState", REPLICA_STATE).from(15).tagged(1),
    int32("MaxWaitMs"),
    int32("MinBytes"),
    int32("MaxBytes").from(3),
    int8("IsolationLevel").from(4),
    int32("SessionId").from(7),
    int32("SessionEpoch").from(7),
    array("Topics", &Element::of::<fetch::FetchTopic>(Kind::Struct(FETCH_TOPIC))),
    array(
        "ForgottenTopicsData",
        &Element::of::<fetch::ForgottenTopic>(Kind::Struct(FORGOTTEN_TOPIC)),
    )
    .from(7),
    string("RackId").from(11),
];

const REPLICA_STATE: &[Field] = &[int32("ReplicaId").from(15), int64("ReplicaEpoch").from(15)];

const FETCH_TOPIC: &[Field] = &[
    string("Topic").until(12),
    uuid("TopicId").from(13),
    array("Partitions", &Element::of::<fetch::FetchPartition>(Kind::Struct(FETCH_PARTITION))),
];

const FETCH_PARTITION: &[Field] = &[
    int32("Partition"),
    int32("CurrentLeaderEpoch").from(9),
    int64("FetchOffset"),
    int32("LastFetchedEpoch").from(12),
    int64("LogStartOffset").from(5),
    int32("PartitionMaxBytes"),
    uuid("ReplicaDirectoryId").from(17).tagged(0),
    int64("HighWatermark").from(18).tagged(1),
];

const FORGOTTEN_TOPIC: &[Field] = &[
    string("Topic").from(7).until(12),
    uuid("TopicId").from(13),
    array("Partitions", INT32_ELEMENT).from(7),
];

pub(super) const LIST_OFFSETS: &[Field] = &[
    int32("ReplicaId"),
    int8("IsolationLevel").from(2),
    array(
        "Topics",
        &Element::of::<list_offsets::ListOffsetsTopic>(Kind::Struct(LIST_OFFSETS_TOPIC)),
    ),
    int32("TimeoutMs").from(10),
];

const LIST_OFFSETS_TOPIC: &[Field] = &[
    string("Name"),
    array(
        "Partitions",
        &Element::of::<list_offsets::ListOffsetsPartition>(Kind::Struct(LIST_OFFSETS_PARTITION)),
    ),
];

const LIST_OFFSETS_PARTITION: &[Field] =
    &[int32("PartitionIndex"), int32("CurrentLeaderEpoch").from(4), int64("Timestamp")];

pub(super) const OFFSET_FOR_LEADER_EPOCH: &[Field] = &[
    int32("ReplicaId").from(3),
    array(
        "Topics",
        &Element::of::<epochs::OffsetForLeaderTopic>(Kind::Struct(OFFSET_FOR_LEADER_TOPIC)),
    ),
];

const OFFSET_FOR_LEADER_TOPIC: &[Field] = &[
    string("Topic"),
    array(
        "Partitions",
        &Element::of::<epochs::OffsetForLeaderPartition>(Kind::Struct(OFFSET_FOR_LEADER_PARTITION)),
    ),
];

const OFFSET_FOR_LEADER_PARTITION: &[Field] =
    &[int32("Partition"), int32("CurrentLeaderEpoch").from(2), int32("LeaderEpoch")];

pub(super) const DELETE_RECORDS: &[Field] = &[
    array(
        "Topics",
        &Element::of::<delete_records::DeleteRecordsTopic>(Kind::Struct(DELETE_RECORDS_TOPIC)),
    ),
    int32("TimeoutMs"),
];

const DELETE_RECORDS_TOPIC: &[Field] = &[
    string("Name"),
    array(
        "Partitions",
        &Element::of::<delete_records::DeleteRecordsPartition>(Kind::Struct(
            DELETE_RECORDS_PARTITION,
        )),
    ),
];

const DELETE_RECORDS_PARTITION: &[Field] = &[int32("PartitionIndex"), int64("Offset")];

pub(super) const INIT_PRODUCER_ID: &[Field] = &[
    string("TransactionalId").nullable(0),
    int32("TransactionTimeoutMs"),
    int64("ProducerId").from(3),
    int16("ProducerEpoch").from(3),
];

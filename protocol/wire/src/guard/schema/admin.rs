//! Requests of administrators about replicas, directories, leaders, producers and the quorum.

use kafka_protocol::messages::{
    BrokerId, alter_partition_reassignments_request as reassign,
    alter_replica_log_dirs_request as move_replicas, describe_log_dirs_request as log_dirs,
    describe_producers_request as producers, describe_quorum_request as quorum,
    describe_user_scram_credentials_request as scram, elect_leaders_request as elect,
    list_partition_reassignments_request as reassignments,
};

use super::{Element, Field, INT32_ELEMENT, Kind, array, boolean, int8, int32, string};

pub(super) const ALTER_REPLICA_LOG_DIRS: &[Field] =
    &[array("Dirs", &Element::of::<move_replicas::AlterReplicaLogDir>(Kind::Struct(DIR)))];

const DIR: &[Field] = &[
    string("Path"),
    array(
        "Topics",
        &Element::of::<move_replicas::AlterReplicaLogDirTopic>(Kind::Struct(DIR_TOPIC)),
    ),
];

const DIR_TOPIC: &[Field] = &[string("Name"), array("Partitions", INT32_ELEMENT)];

pub(super) const DESCRIBE_LOG_DIRS: &[Field] = &[array(
    "Topics",
    &Element::of::<log_dirs::DescribableLogDirTopic>(Kind::Struct(NAMED_PARTITIONS)),
)
.nullable(0)];

const NAMED_PARTITIONS: &[Field] = &[string("Topic"), array("Partitions", INT32_ELEMENT)];

pub(super) const ELECT_LEADERS: &[Field] = &[
    int8("ElectionType").from(1),
    array(
        "TopicPartitions",
        &Element::of::<elect::TopicPartitions>(Kind::Struct(NAMED_PARTITIONS)),
    )
    .nullable(0),
    int32("TimeoutMs"),
];

pub(super) const ALTER_PARTITION_REASSIGNMENTS: &[Field] = &[
    int32("TimeoutMs"),
    boolean("AllowReplicationFactorChange").from(1),
    array("Topics", &Element::of::<reassign::ReassignableTopic>(Kind::Struct(REASSIGNABLE_TOPIC))),
];

const REASSIGNABLE_TOPIC: &[Field] = &[
    string("Name"),
    array(
        "Partitions",
        &Element::of::<reassign::ReassignablePartition>(Kind::Struct(REASSIGNABLE_PARTITION)),
    ),
];

const REASSIGNABLE_PARTITION: &[Field] = &[
    int32("PartitionIndex"),
    array("Replicas", &Element::of::<BrokerId>(Kind::Fixed(4))).nullable(0),
];

pub(super) const LIST_PARTITION_REASSIGNMENTS: &[Field] = &[
    int32("TimeoutMs"),
    array(
        "Topics",
        &Element::of::<reassignments::ListPartitionReassignmentsTopics>(Kind::Struct(
            INDEXED_PARTITIONS,
        )),
    )
    .nullable(0),
];

const INDEXED_PARTITIONS: &[Field] = &[string("Name"), array("PartitionIndexes", INT32_ELEMENT)];

pub(super) const DESCRIBE_QUORUM: &[Field] =
    &[array("Topics", &Element::of::<quorum::TopicData>(Kind::Struct(QUORUM_TOPIC)))];

const QUORUM_TOPIC: &[Field] = &[
    string("TopicName"),
    array(
        "Partitions",
        &Element::of::<quorum::PartitionData>(Kind::Struct(&[int32("PartitionIndex")])),
    ),
];

pub(super) const DESCRIBE_PRODUCERS: &[Field] =
    &[array("Topics", &Element::of::<producers::TopicRequest>(Kind::Struct(INDEXED_PARTITIONS)))];

pub(super) const UNREGISTER_BROKER: &[Field] = &[int32("BrokerId")];

pub(super) const DESCRIBE_USER_SCRAM_CREDENTIALS: &[Field] =
    &[array("Users", &Element::of::<scram::UserName>(Kind::Struct(&[string("Name")]))).nullable(0)];

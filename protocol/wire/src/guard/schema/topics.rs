//! Requests that create, grow and delete topics.

use kafka_protocol::messages::{
    create_partitions_request as create_partitions, create_topics_request as create_topics,
    delete_topics_request as delete_topics,
};

use super::{
    Element, Field, INT32_ELEMENT, Kind, STRING_ELEMENT, array, boolean, int16, int32, string, uuid,
};

pub(super) const CREATE_TOPICS: &[Field] = &[
    array("Topics", &Element::of::<create_topics::CreatableTopic>(Kind::Struct(CREATABLE_TOPIC))),
    int32("timeoutMs"),
    boolean("validateOnly").from(1),
];

const CREATABLE_TOPIC: &[Field] = &[
    string("Name"),
    int32("NumPartitions"),
    int16("ReplicationFactor"),
    array(
        "Assignments",
        &Element::of::<create_topics::CreatableReplicaAssignment>(Kind::Struct(
            CREATABLE_REPLICA_ASSIGNMENT,
        )),
    ),
    array(
        "Configs",
        &Element::of::<create_topics::CreatableTopicConfig>(Kind::Struct(CREATABLE_TOPIC_CONFIG)),
    ),
];

const CREATABLE_REPLICA_ASSIGNMENT: &[Field] =
    &[int32("PartitionIndex"), array("BrokerIds", INT32_ELEMENT)];

const CREATABLE_TOPIC_CONFIG: &[Field] = &[string("Name"), string("Value").nullable(0)];

pub(super) const DELETE_TOPICS: &[Field] = &[
    array(
        "Topics",
        &Element::of::<delete_topics::DeleteTopicState>(Kind::Struct(DELETE_TOPIC_STATE)),
    )
    .from(6),
    array("TopicNames", STRING_ELEMENT).until(5),
    int32("TimeoutMs"),
];

const DELETE_TOPIC_STATE: &[Field] = &[string("Name").from(6).nullable(6), uuid("TopicId").from(6)];

pub(super) const CREATE_PARTITIONS: &[Field] = &[
    array(
        "Topics",
        &Element::of::<create_partitions::CreatePartitionsTopic>(Kind::Struct(
            CREATE_PARTITIONS_TOPIC,
        )),
    ),
    int32("TimeoutMs"),
    boolean("ValidateOnly"),
];

const CREATE_PARTITIONS_TOPIC: &[Field] = &[
    string("Name"),
    int32("Count"),
    array(
        "Assignments",
        &Element::of::<create_partitions::CreatePartitionsAssignment>(Kind::Struct(
            CREATE_PARTITIONS_ASSIGNMENT,
        )),
    )
    .nullable(0),
];

const CREATE_PARTITIONS_ASSIGNMENT: &[Field] = &[array("BrokerIds", INT32_ELEMENT)];

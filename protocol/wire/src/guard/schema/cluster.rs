//! Requests about the cluster: versions, metadata, brokers, partitions.

use kafka_protocol::messages::{
    describe_topic_partitions_request as describe_partitions, metadata_request as metadata,
};

use super::{Element, Field, Kind, array, boolean, int8, int32, string, structure, uuid};

pub(super) const API_VERSIONS: &[Field] =
    &[string("ClientSoftwareName").from(3), string("ClientSoftwareVersion").from(3)];

pub(super) const METADATA: &[Field] = &[
    array("Topics", &Element::of::<metadata::MetadataRequestTopic>(Kind::Struct(METADATA_TOPIC)))
        .nullable(1),
    boolean("AllowAutoTopicCreation").from(4),
    boolean("IncludeClusterAuthorizedOperations").from(8).until(10),
    boolean("IncludeTopicAuthorizedOperations").from(8),
];

const METADATA_TOPIC: &[Field] = &[uuid("TopicId").from(10), string("Name").nullable(10)];

pub(super) const DESCRIBE_CLUSTER: &[Field] = &[
    boolean("IncludeClusterAuthorizedOperations"),
    int8("EndpointType").from(1),
    boolean("IncludeFencedBrokers").from(2),
];

pub(super) const DESCRIBE_TOPIC_PARTITIONS: &[Field] = &[
    array("Topics", &Element::of::<describe_partitions::TopicRequest>(Kind::Struct(TOPIC_REQUEST))),
    int32("ResponsePartitionLimit"),
    structure("Cursor", CURSOR).nullable(0),
];

const TOPIC_REQUEST: &[Field] = &[string("Name")];

const CURSOR: &[Field] = &[string("TopicName"), int32("PartitionIndex")];

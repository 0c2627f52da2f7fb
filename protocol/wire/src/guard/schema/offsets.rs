//! Requests about a group's offsets, and who coordinates it.

use kafka_protocol::messages::{
    offset_commit_request as commit, offset_delete_request as delete, offset_fetch_request as fetch,
};

use super::{
    Element, Field, INT32_ELEMENT, Kind, STRING_ELEMENT, array, boolean, int8, int32, int64,
    string, uuid,
};

pub(super) const FIND_COORDINATOR: &[Field] = &[
    string("Key").until(3),
    int8("KeyType").from(1),
    array("CoordinatorKeys", STRING_ELEMENT).from(4),
];

pub(super) const OFFSET_COMMIT: &[Field] = &[
    string("GroupId"),
    int32("GenerationIdOrMemberEpoch").from(1),
    string("MemberId").from(1),
    string("GroupInstanceId").from(7).nullable(7),
    int64("RetentionTimeMs").from(2).until(4),
    array("Topics", &Element::of::<commit::OffsetCommitRequestTopic>(Kind::Struct(COMMIT_TOPIC))),
];

const COMMIT_TOPIC: &[Field] = &[
    string("Name").until(9),
    uuid("TopicId").from(10),
    array(
        "Partitions",
        &Element::of::<commit::OffsetCommitRequestPartition>(Kind::Struct(COMMIT_PARTITION)),
    ),
];

const COMMIT_PARTITION: &[Field] = &[
    int32("PartitionIndex"),
    int64("CommittedOffset"),
    int32("CommittedLeaderEpoch").from(6),
    string("CommittedMetadata").nullable(0),
];

pub(super) const OFFSET_FETCH: &[Field] = &[
    string("GroupId").until(7),
    array("Topics", &Element::of::<fetch::OffsetFetchRequestTopic>(Kind::Struct(FETCH_TOPIC)))
        .until(7)
        .nullable(2),
    array("Groups", &Element::of::<fetch::OffsetFetchRequestGroup>(Kind::Struct(FETCH_GROUP)))
        .from(8),
    boolean("RequireStable").from(7),
];

const FETCH_TOPIC: &[Field] =
    &[string("Name").until(9), uuid("TopicId").from(10), array("PartitionIndexes", INT32_ELEMENT)];

const FETCH_GROUP: &[Field] = &[
    string("GroupId"),
    string("MemberId").from(9).nullable(9),
    int32("MemberEpoch").from(9),
    array("Topics", &Element::of::<fetch::OffsetFetchRequestTopics>(Kind::Struct(FETCH_TOPIC)))
        .nullable(8),
];

pub(super) const OFFSET_DELETE: &[Field] = &[
    string("GroupId"),
    array("Topics", &Element::of::<delete::OffsetDeleteRequestTopic>(Kind::Struct(DELETE_TOPIC))),
];

const DELETE_TOPIC: &[Field] = &[
    string("Name"),
    array(
        "Partitions",
        &Element::of::<delete::OffsetDeleteRequestPartition>(Kind::Struct(DELETE_PARTITION)),
    ),
];

const DELETE_PARTITION: &[Field] = &[int32("PartitionIndex")];

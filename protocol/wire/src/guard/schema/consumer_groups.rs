//! Requests of the consumer protocol (KIP-848), and of the features it depends on.

use kafka_protocol::messages::{
    consumer_group_heartbeat_request as heartbeat, update_features_request as features,
};

use super::{
    Element, Field, INT32_ELEMENT, Kind, STRING_ELEMENT, array, boolean, int8, int16, int32,
    string, uuid,
};

pub(super) const CONSUMER_GROUP_HEARTBEAT: &[Field] = &[
    string("GroupId"),
    string("MemberId"),
    int32("MemberEpoch"),
    string("InstanceId").nullable(0),
    string("RackId").nullable(0),
    int32("RebalanceTimeoutMs"),
    array("SubscribedTopicNames", STRING_ELEMENT).nullable(0),
    string("SubscribedTopicRegex").from(1).nullable(1),
    string("ServerAssignor").nullable(0),
    array("TopicPartitions", &Element::of::<heartbeat::TopicPartitions>(Kind::Struct(OWNED)))
        .nullable(0),
];

const OWNED: &[Field] = &[uuid("TopicId"), array("Partitions", INT32_ELEMENT)];

pub(super) const CONSUMER_GROUP_DESCRIBE: &[Field] =
    &[array("GroupIds", STRING_ELEMENT), boolean("IncludeAuthorizedOperations")];

pub(super) const UPDATE_FEATURES: &[Field] = &[
    int32("timeoutMs"),
    array("FeatureUpdates", &Element::of::<features::FeatureUpdateKey>(Kind::Struct(UPDATE))),
    boolean("ValidateOnly").from(1),
];

const UPDATE: &[Field] = &[
    string("Feature"),
    int16("MaxVersionLevel"),
    boolean("AllowDowngrade").until(0),
    int8("UpgradeType").from(1),
];

//! Requests about classic groups and their members.

use kafka_protocol::messages::{
    join_group_request as join, leave_group_request as leave, sync_group_request as sync,
};

use super::{Element, Field, Kind, STRING_ELEMENT, array, boolean, int32, records, string};

pub(super) const JOIN_GROUP: &[Field] = &[
    string("GroupId"),
    int32("SessionTimeoutMs"),
    int32("RebalanceTimeoutMs").from(1),
    string("MemberId"),
    string("GroupInstanceId").from(5).nullable(5),
    string("ProtocolType"),
    array("Protocols", &Element::of::<join::JoinGroupRequestProtocol>(Kind::Struct(PROTOCOL))),
    string("Reason").from(8).nullable(8),
];

const PROTOCOL: &[Field] = &[string("Name"), records("Metadata")];

pub(super) const SYNC_GROUP: &[Field] = &[
    string("GroupId"),
    int32("GenerationId"),
    string("MemberId"),
    string("GroupInstanceId").from(3).nullable(3),
    string("ProtocolType").from(5).nullable(5),
    string("ProtocolName").from(5).nullable(5),
    array(
        "Assignments",
        &Element::of::<sync::SyncGroupRequestAssignment>(Kind::Struct(ASSIGNMENT)),
    ),
];

const ASSIGNMENT: &[Field] = &[string("MemberId"), records("Assignment")];

pub(super) const HEARTBEAT: &[Field] = &[
    string("GroupId"),
    int32("GenerationId"),
    string("MemberId"),
    string("GroupInstanceId").from(3).nullable(3),
];

pub(super) const LEAVE_GROUP: &[Field] = &[
    string("GroupId"),
    string("MemberId").until(2),
    array("Members", &Element::of::<leave::MemberIdentity>(Kind::Struct(MEMBER))).from(3),
];

const MEMBER: &[Field] = &[
    string("MemberId"),
    string("GroupInstanceId").nullable(3),
    string("Reason").from(5).nullable(5),
];

pub(super) const LIST_GROUPS: &[Field] =
    &[array("StatesFilter", STRING_ELEMENT).from(4), array("TypesFilter", STRING_ELEMENT).from(5)];

pub(super) const DESCRIBE_GROUPS: &[Field] =
    &[array("Groups", STRING_ELEMENT), boolean("IncludeAuthorizedOperations").from(3)];

pub(super) const DELETE_GROUPS: &[Field] = &[array("GroupsNames", STRING_ELEMENT)];

//! Samples of requests about classic groups.

use bytes::Bytes;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    DeleteGroupsRequest, DescribeGroupsRequest, GroupId, HeartbeatRequest, JoinGroupRequest,
    LeaveGroupRequest, ListGroupsRequest, SyncGroupRequest,
};

use super::{Case, Sample};

fn group(case: Case, n: i32) -> GroupId {
    GroupId(case.string("group", n))
}

impl Sample for JoinGroupRequest {
    fn sample(case: Case) -> Self {
        let protocol = |n| {
            JoinGroupRequestProtocol::default()
                .with_name(case.string("protocol", n))
                .with_metadata(Bytes::from_static(b"subscription"))
                .with_unknown_tagged_fields(case.tags(6))
        };
        let mut request = Self::default()
            .with_group_id(group(case, 0))
            .with_session_timeout_ms(10_000)
            .with_member_id(case.string("member", 0))
            .with_protocol_type(case.string("consumer", 0))
            .with_protocols(case.list(2, protocol))
            .with_unknown_tagged_fields(case.tags(6));
        if case.version >= 1 {
            request.rebalance_timeout_ms = 60_000;
        }
        if case.version >= 5 {
            request.group_instance_id = case.nullable(5, case.string("instance", 0));
        }
        if case.version >= 8 {
            request.reason = case.nullable(8, case.string("reason", 0));
        }
        request
    }
}

impl Sample for SyncGroupRequest {
    fn sample(case: Case) -> Self {
        let assignment = |n| {
            SyncGroupRequestAssignment::default()
                .with_member_id(case.string("member", n))
                .with_assignment(Bytes::from_static(b"assignment"))
                .with_unknown_tagged_fields(case.tags(4))
        };
        let mut request = Self::default()
            .with_group_id(group(case, 0))
            .with_generation_id(3)
            .with_member_id(case.string("member", 0))
            .with_assignments(case.list(2, assignment))
            .with_unknown_tagged_fields(case.tags(4));
        if case.version >= 3 {
            request.group_instance_id = case.nullable(3, case.string("instance", 0));
        }
        if case.version >= 5 {
            request.protocol_type = case.nullable(5, case.string("consumer", 0));
            request.protocol_name = case.nullable(5, case.string("range", 0));
        }
        request
    }
}

impl Sample for HeartbeatRequest {
    fn sample(case: Case) -> Self {
        let mut request = Self::default()
            .with_group_id(group(case, 0))
            .with_generation_id(3)
            .with_member_id(case.string("member", 0))
            .with_unknown_tagged_fields(case.tags(4));
        if case.version >= 3 {
            request.group_instance_id = case.nullable(3, case.string("instance", 0));
        }
        request
    }
}

impl Sample for LeaveGroupRequest {
    fn sample(case: Case) -> Self {
        let request =
            Self::default().with_group_id(group(case, 0)).with_unknown_tagged_fields(case.tags(4));
        if case.version <= 2 {
            return request.with_member_id(case.string("member", 0));
        }
        let member = |n| {
            let mut member = MemberIdentity::default()
                .with_member_id(case.string("member", n))
                .with_group_instance_id(case.nullable(3, case.string("instance", n)))
                .with_unknown_tagged_fields(case.tags(4));
            if case.version >= 5 {
                member.reason = case.nullable(5, case.string("reason", n));
            }
            member
        };
        request.with_members(case.list(2, member))
    }
}

impl Sample for ListGroupsRequest {
    fn sample(case: Case) -> Self {
        let mut request = Self::default().with_unknown_tagged_fields(case.tags(3));
        if case.version >= 4 {
            request.states_filter = case.list(2, |n| case.string("state", n));
        }
        if case.version >= 5 {
            request.types_filter = case.list(2, |n| case.string("type", n));
        }
        request
    }
}

impl Sample for DescribeGroupsRequest {
    fn sample(case: Case) -> Self {
        let request = Self::default()
            .with_groups(case.list(2, |n| group(case, n)))
            .with_unknown_tagged_fields(case.tags(5));
        if case.version >= 3 { request.with_include_authorized_operations(true) } else { request }
    }
}

impl Sample for DeleteGroupsRequest {
    fn sample(case: Case) -> Self {
        Self::default()
            .with_groups_names(case.list(2, |n| group(case, n)))
            .with_unknown_tagged_fields(case.tags(2))
    }
}

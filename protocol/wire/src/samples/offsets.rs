//! Samples of requests about a group's offsets, and who coordinates it.

use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::{
    FindCoordinatorRequest, GroupId, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest,
};

use super::{Case, Sample};

/// From this version on OffsetCommit and OffsetFetch name topics by id.
const FIRST_TOPIC_IDS: i16 = 10;

impl Sample for FindCoordinatorRequest {
    fn sample(case: Case) -> Self {
        let request = if case.version >= 4 {
            Self::default().with_coordinator_keys(case.list(2, |n| case.string("group", n)))
        } else {
            Self::default().with_key(case.string("group", 0))
        };
        request.with_unknown_tagged_fields(case.tags(3))
    }
}

impl Sample for OffsetCommitRequest {
    fn sample(case: Case) -> Self {
        let partition = |n| {
            let partition = OffsetCommitRequestPartition::default()
                .with_partition_index(n)
                .with_committed_offset(42)
                .with_committed_metadata(case.nullable(0, case.string("metadata", n)))
                .with_unknown_tagged_fields(case.tags(8));
            if case.version >= 6 { partition.with_committed_leader_epoch(3) } else { partition }
        };
        let topic = |n| {
            let topic = OffsetCommitRequestTopic::default()
                .with_partitions(case.list(2, partition))
                .with_unknown_tagged_fields(case.tags(8));
            if case.version >= FIRST_TOPIC_IDS {
                topic.with_topic_id(Case::id(n))
            } else {
                topic.with_name(case.topic(n))
            }
        };
        let mut request = Self::default()
            .with_group_id(GroupId(case.string("group", 0)))
            .with_generation_id_or_member_epoch(1)
            .with_member_id(case.string("member", 0))
            .with_topics(case.list(2, topic))
            .with_unknown_tagged_fields(case.tags(8));
        if case.version >= 7 {
            request.group_instance_id = case.nullable(7, case.string("instance", 0));
        }
        if case.version <= 4 {
            request.retention_time_ms = 3_600_000;
        }
        request
    }
}

impl Sample for OffsetFetchRequest {
    fn sample(case: Case) -> Self {
        let mut request = Self::default().with_unknown_tagged_fields(case.tags(6));
        if case.version >= 7 {
            request.require_stable = true;
        }
        if case.version >= 8 {
            return request.with_groups(case.list(2, |n| group(case, n)));
        }
        let topic = |n| {
            OffsetFetchRequestTopic::default()
                .with_name(case.topic(n))
                .with_partition_indexes(case.list(2, |n| n))
                .with_unknown_tagged_fields(case.tags(6))
        };
        request
            .with_group_id(GroupId(case.string("group", 0)))
            .with_topics(case.nullable(2, case.list(2, topic)))
    }
}

fn group(case: Case, n: i32) -> OffsetFetchRequestGroup {
    let topic = |n| {
        let topic = OffsetFetchRequestTopics::default()
            .with_partition_indexes(case.list(2, |n| n))
            .with_unknown_tagged_fields(case.tags(8));
        if case.version >= FIRST_TOPIC_IDS {
            topic.with_topic_id(Case::id(n))
        } else {
            topic.with_name(case.topic(n))
        }
    };
    let mut group = OffsetFetchRequestGroup::default()
        .with_group_id(GroupId(case.string("group", n)))
        .with_topics(case.nullable(8, case.list(2, topic)))
        .with_unknown_tagged_fields(case.tags(8));
    if case.version >= 9 {
        group.member_id = case.nullable(9, case.string("member", n));
        group.member_epoch = 5;
    }
    group
}

impl Sample for OffsetDeleteRequest {
    fn sample(case: Case) -> Self {
        let partition = |n| OffsetDeleteRequestPartition::default().with_partition_index(n);
        let topic = |n| {
            OffsetDeleteRequestTopic::default()
                .with_name(case.topic(n))
                .with_partitions(case.list(2, partition))
        };
        Self::default()
            .with_group_id(GroupId(case.string("group", 0)))
            .with_topics(case.list(2, topic))
    }
}

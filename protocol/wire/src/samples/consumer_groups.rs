//! Samples of requests of the consumer protocol, and of the features it depends on.

use kafka_protocol::messages::consumer_group_heartbeat_request::TopicPartitions;
use kafka_protocol::messages::update_features_request::FeatureUpdateKey;
use kafka_protocol::messages::{
    ConsumerGroupDescribeRequest, ConsumerGroupHeartbeatRequest, GroupId, UpdateFeaturesRequest,
};

use super::{Case, Sample};

impl Sample for ConsumerGroupHeartbeatRequest {
    fn sample(case: Case) -> Self {
        let owned = |n| {
            TopicPartitions::default()
                .with_topic_id(Case::id(n))
                .with_partitions(case.list(3, |partition| partition))
                .with_unknown_tagged_fields(case.tags(0))
        };
        let request = Self::default()
            .with_group_id(GroupId(case.string("group", 0)))
            .with_member_id(case.string("member", 0))
            .with_member_epoch(7)
            .with_instance_id(case.nullable(0, case.string("instance", 0)))
            .with_rack_id(case.nullable(0, case.string("rack", 0)))
            .with_rebalance_timeout_ms(60_000)
            .with_subscribed_topic_names(case.nullable(0, case.list(2, |n| case.topic(n))))
            .with_server_assignor(case.nullable(0, case.string("assignor", 0)))
            .with_topic_partitions(case.nullable(0, case.list(2, owned)))
            .with_unknown_tagged_fields(case.tags(0));
        if case.version < 1 {
            return request;
        }
        request.with_subscribed_topic_regex(case.nullable(1, case.string("regex", 0)))
    }
}

impl Sample for ConsumerGroupDescribeRequest {
    fn sample(case: Case) -> Self {
        Self::default()
            .with_group_ids(case.list(2, |n| GroupId(case.string("group", n))))
            .with_include_authorized_operations(true)
            .with_unknown_tagged_fields(case.tags(0))
    }
}

impl Sample for UpdateFeaturesRequest {
    fn sample(case: Case) -> Self {
        let update = |n| {
            let update = FeatureUpdateKey::default()
                .with_feature(case.string("feature", n))
                .with_max_version_level(1)
                .with_unknown_tagged_fields(case.tags(0));
            match case.version {
                0 => update.with_allow_downgrade(true),
                _ => update.with_upgrade_type(2),
            }
        };
        Self::default()
            .with_timeout_ms(60_000)
            .with_feature_updates(case.list(2, update))
            .with_validate_only(case.version >= 1)
            .with_unknown_tagged_fields(case.tags(0))
    }
}

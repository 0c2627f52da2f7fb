//! Samples of requests about topics and configurations.

use kafka_protocol::messages::create_partitions_request::{
    CreatePartitionsAssignment, CreatePartitionsTopic,
};
use kafka_protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kafka_protocol::messages::{
    BrokerId, CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
    DescribeConfigsRequest, IncrementalAlterConfigsRequest,
};

use super::{Case, Sample};

impl Sample for CreateTopicsRequest {
    fn sample(case: Case) -> Self {
        let assignment = |n| {
            CreatableReplicaAssignment::default()
                .with_partition_index(n)
                .with_broker_ids(case.list(2, BrokerId))
                .with_unknown_tagged_fields(case.tags(5))
        };
        let config = |n| {
            CreatableTopicConfig::default()
                .with_name(case.string("config", n))
                .with_value(case.nullable(0, case.string("value", n)))
                .with_unknown_tagged_fields(case.tags(5))
        };
        let topic = |n| {
            CreatableTopic::default()
                .with_name(case.topic(n))
                .with_num_partitions(-1)
                .with_replication_factor(-1)
                .with_assignments(case.list(2, assignment))
                .with_configs(case.list(2, config))
                .with_unknown_tagged_fields(case.tags(5))
        };
        Self::default()
            .with_topics(case.list(2, topic))
            .with_timeout_ms(1000)
            .with_validate_only(true)
            .with_unknown_tagged_fields(case.tags(5))
    }
}

impl Sample for DeleteTopicsRequest {
    fn sample(case: Case) -> Self {
        let state = |n| {
            DeleteTopicState::default()
                .with_name(case.nullable(6, case.topic(n)))
                .with_topic_id(Case::id(n))
                .with_unknown_tagged_fields(case.tags(6))
        };
        let request = if case.version >= 6 {
            Self::default().with_topics(case.list(2, state))
        } else {
            Self::default().with_topic_names(case.list(2, |n| case.topic(n)))
        };
        request.with_timeout_ms(1000).with_unknown_tagged_fields(case.tags(4))
    }
}

impl Sample for CreatePartitionsRequest {
    fn sample(case: Case) -> Self {
        let assignment = |_| {
            CreatePartitionsAssignment::default()
                .with_broker_ids(case.list(2, BrokerId))
                .with_unknown_tagged_fields(case.tags(2))
        };
        let topic = |n| {
            CreatePartitionsTopic::default()
                .with_name(case.topic(n))
                .with_count(12)
                .with_assignments(case.nullable(0, case.list(2, assignment)))
                .with_unknown_tagged_fields(case.tags(2))
        };
        Self::default()
            .with_topics(case.list(2, topic))
            .with_timeout_ms(1000)
            .with_validate_only(true)
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for DescribeConfigsRequest {
    fn sample(case: Case) -> Self {
        let resource = |n| {
            DescribeConfigsResource::default()
                .with_resource_type(2)
                .with_resource_name(case.string("resource", n))
                .with_configuration_keys(case.nullable(0, case.list(2, |n| case.string("key", n))))
                .with_unknown_tagged_fields(case.tags(4))
        };
        Self::default()
            .with_resources(case.list(2, resource))
            .with_include_synonyms(true)
            .with_include_documentation(case.version >= 3)
            .with_unknown_tagged_fields(case.tags(4))
    }
}

impl Sample for IncrementalAlterConfigsRequest {
    fn sample(case: Case) -> Self {
        let config = |n| {
            AlterableConfig::default()
                .with_name(case.string("config", n))
                .with_config_operation(0)
                .with_value(case.nullable(0, case.string("value", n)))
                .with_unknown_tagged_fields(case.tags(1))
        };
        let resource = |n| {
            AlterConfigsResource::default()
                .with_resource_type(2)
                .with_resource_name(case.string("resource", n))
                .with_configs(case.list(2, config))
                .with_unknown_tagged_fields(case.tags(1))
        };
        Self::default()
            .with_resources(case.list(2, resource))
            .with_validate_only(true)
            .with_unknown_tagged_fields(case.tags(1))
    }
}

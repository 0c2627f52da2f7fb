//! Samples of requests about the cluster.

use kafka_protocol::messages::describe_topic_partitions_request::{Cursor, TopicRequest};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{
    ApiVersionsRequest, DescribeClusterRequest, DescribeTopicPartitionsRequest, MetadataRequest,
};
use uuid::Uuid;

use super::{Case, Sample};

impl Sample for ApiVersionsRequest {
    fn sample(case: Case) -> Self {
        if case.version < 3 {
            return Self::default();
        }
        Self::default()
            .with_client_software_name(case.string("client", 1))
            .with_client_software_version(case.string("version", 2))
            .with_unknown_tagged_fields(case.tags(3))
    }
}

impl Sample for MetadataRequest {
    fn sample(case: Case) -> Self {
        let topic = |n| {
            MetadataRequestTopic::default()
                .with_topic_id(if case.version >= 10 { Case::id(n) } else { Uuid::nil() })
                .with_name(case.nullable(10, case.topic(n)).filter(|_| n == 0 || case.version < 10))
                .with_unknown_tagged_fields(case.tags(9))
        };
        // Version 10 and above can say null in two places: as a name, and as the whole list.
        let topics = case.list(3, topic);
        let topics = if case.version >= 10 { Some(topics) } else { case.nullable(1, topics) };
        Self::default()
            .with_topics(topics)
            .with_allow_auto_topic_creation(case.version < 4)
            .with_include_cluster_authorized_operations((8..=10).contains(&case.version))
            .with_include_topic_authorized_operations(case.version >= 8)
            .with_unknown_tagged_fields(case.tags(9))
    }
}

impl Sample for DescribeClusterRequest {
    fn sample(case: Case) -> Self {
        Self::default()
            .with_include_cluster_authorized_operations(true)
            .with_endpoint_type(1)
            .with_include_fenced_brokers(case.version >= 2)
            .with_unknown_tagged_fields(case.tags(0))
    }
}

impl Sample for DescribeTopicPartitionsRequest {
    fn sample(case: Case) -> Self {
        let topic = |n| {
            TopicRequest::default()
                .with_name(case.topic(n))
                .with_unknown_tagged_fields(case.tags(0))
        };
        let cursor = Cursor::default()
            .with_topic_name(case.topic(1))
            .with_partition_index(4)
            .with_unknown_tagged_fields(case.tags(0));
        Self::default()
            .with_topics(case.list(2, topic))
            .with_response_partition_limit(2000)
            .with_cursor(case.nullable(0, cursor))
            .with_unknown_tagged_fields(case.tags(0))
    }
}

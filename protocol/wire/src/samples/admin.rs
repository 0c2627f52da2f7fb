//! Samples of administrators' requests.

use kafka_protocol::messages::alter_partition_reassignments_request::{
    ReassignablePartition, ReassignableTopic,
};
use kafka_protocol::messages::alter_replica_log_dirs_request::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic,
};
use kafka_protocol::messages::describe_log_dirs_request::DescribableLogDirTopic;
use kafka_protocol::messages::describe_producers_request::TopicRequest;
use kafka_protocol::messages::describe_quorum_request::{PartitionData, TopicData};
use kafka_protocol::messages::describe_user_scram_credentials_request::UserName;
use kafka_protocol::messages::elect_leaders_request::TopicPartitions;
use kafka_protocol::messages::list_partition_reassignments_request::ListPartitionReassignmentsTopics;
use kafka_protocol::messages::{
    AlterPartitionReassignmentsRequest, AlterReplicaLogDirsRequest, BrokerId,
    DescribeLogDirsRequest, DescribeProducersRequest, DescribeQuorumRequest,
    DescribeUserScramCredentialsRequest, ElectLeadersRequest, ListPartitionReassignmentsRequest,
    UnregisterBrokerRequest,
};

use super::{Case, Sample};

impl Sample for AlterReplicaLogDirsRequest {
    fn sample(case: Case) -> Self {
        let topic = |n| {
            AlterReplicaLogDirTopic::default()
                .with_name(case.topic(n))
                .with_partitions(case.list(2, |n| n))
                .with_unknown_tagged_fields(case.tags(2))
        };
        let dir = |n| {
            AlterReplicaLogDir::default()
                .with_path(case.string("dir", n))
                .with_topics(case.list(2, topic))
                .with_unknown_tagged_fields(case.tags(2))
        };
        Self::default().with_dirs(case.list(2, dir)).with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for DescribeLogDirsRequest {
    fn sample(case: Case) -> Self {
        let topic = |n| {
            DescribableLogDirTopic::default()
                .with_topic(case.topic(n))
                .with_partitions(case.list(2, |n| n))
                .with_unknown_tagged_fields(case.tags(2))
        };
        Self::default()
            .with_topics(case.nullable(0, case.list(2, topic)))
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for ElectLeadersRequest {
    fn sample(case: Case) -> Self {
        let topic = |n| {
            TopicPartitions::default()
                .with_topic(case.topic(n))
                .with_partitions(case.list(2, |n| n))
                .with_unknown_tagged_fields(case.tags(2))
        };
        Self::default()
            .with_election_type(i8::from(case.version >= 1))
            .with_topic_partitions(case.nullable(0, case.list(2, topic)))
            .with_timeout_ms(1000)
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for AlterPartitionReassignmentsRequest {
    fn sample(case: Case) -> Self {
        let partition = |n| {
            ReassignablePartition::default()
                .with_partition_index(n)
                .with_replicas(case.nullable(0, case.list(2, BrokerId)))
                .with_unknown_tagged_fields(case.tags(0))
        };
        let topic = |n| {
            ReassignableTopic::default()
                .with_name(case.topic(n))
                .with_partitions(case.list(2, partition))
                .with_unknown_tagged_fields(case.tags(0))
        };
        Self::default()
            .with_timeout_ms(1000)
            .with_topics(case.list(2, topic))
            .with_unknown_tagged_fields(case.tags(0))
    }
}

impl Sample for ListPartitionReassignmentsRequest {
    fn sample(case: Case) -> Self {
        let topic = |n| {
            ListPartitionReassignmentsTopics::default()
                .with_name(case.topic(n))
                .with_partition_indexes(case.list(2, |n| n))
                .with_unknown_tagged_fields(case.tags(0))
        };
        Self::default()
            .with_timeout_ms(1000)
            .with_topics(case.nullable(0, case.list(2, topic)))
            .with_unknown_tagged_fields(case.tags(0))
    }
}

impl Sample for DescribeQuorumRequest {
    fn sample(case: Case) -> Self {
        let partition = |n| {
            PartitionData::default()
                .with_partition_index(n)
                .with_unknown_tagged_fields(case.tags(0))
        };
        let topic = |n| {
            TopicData::default()
                .with_topic_name(case.topic(n))
                .with_partitions(case.list(2, partition))
                .with_unknown_tagged_fields(case.tags(0))
        };
        Self::default().with_topics(case.list(2, topic)).with_unknown_tagged_fields(case.tags(0))
    }
}

impl Sample for DescribeProducersRequest {
    fn sample(case: Case) -> Self {
        let topic = |n| {
            TopicRequest::default()
                .with_name(case.topic(n))
                .with_partition_indexes(case.list(2, |n| n))
                .with_unknown_tagged_fields(case.tags(0))
        };
        Self::default().with_topics(case.list(2, topic)).with_unknown_tagged_fields(case.tags(0))
    }
}

impl Sample for UnregisterBrokerRequest {
    fn sample(case: Case) -> Self {
        Self::default().with_broker_id(BrokerId(7)).with_unknown_tagged_fields(case.tags(0))
    }
}

impl Sample for DescribeUserScramCredentialsRequest {
    fn sample(case: Case) -> Self {
        let user = |n| {
            UserName::default()
                .with_name(case.string("user", n))
                .with_unknown_tagged_fields(case.tags(0))
        };
        Self::default()
            .with_users(case.nullable(0, case.list(2, user)))
            .with_unknown_tagged_fields(case.tags(0))
    }
}

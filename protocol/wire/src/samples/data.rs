//! Samples of requests about records and offsets.

use bytes::Bytes;
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::fetch_request::{
    FetchPartition, FetchTopic, ForgottenTopic, ReplicaState,
};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::{
    BrokerId, DeleteRecordsRequest, FetchRequest, InitProducerIdRequest, ListOffsetsRequest,
    OffsetForLeaderEpochRequest, ProduceRequest, ProducerId, TransactionalId,
};
use uuid::Uuid;

use super::{Case, Sample};

impl Sample for ProduceRequest {
    fn sample(case: Case) -> Self {
        let records = |n: i32| match n {
            0 => case.nullable(0, Bytes::from_static(b"not a batch, but bytes")),
            1 => Some(Bytes::new()),
            _ => Some(Bytes::from(vec![0x5a; 300])),
        };
        let partition = |n| {
            PartitionProduceData::default()
                .with_index(n)
                .with_records(records(n))
                .with_unknown_tagged_fields(case.tags(9))
        };
        let topic = |n| {
            TopicProduceData::default()
                .with_name(case.topic(n))
                .with_topic_id(if case.version >= 13 { Case::id(n) } else { Uuid::nil() })
                .with_partition_data(case.list(3, partition))
                .with_unknown_tagged_fields(case.tags(9))
        };
        Self::default()
            .with_transactional_id(case.nullable(3, TransactionalId(case.string("transaction", 1))))
            .with_acks(-1)
            .with_timeout_ms(30_000)
            .with_topic_data(case.list(2, topic))
            .with_unknown_tagged_fields(case.tags(9))
    }
}

impl Sample for FetchRequest {
    fn sample(case: Case) -> Self {
        let mut request = Self::default()
            .with_max_wait_ms(500)
            .with_min_bytes(1)
            .with_max_bytes(50 << 20)
            .with_isolation_level(1)
            .with_topics(case.list(2, |n| fetch_topic(case, n)))
            .with_unknown_tagged_fields(case.tags(12));
        if case.version >= 7 {
            request = request
                .with_session_id(11)
                .with_session_epoch(3)
                .with_forgotten_topics_data(case.list(2, |n| forgotten_topic(case, n)));
        }
        if case.version >= 11 {
            request = request.with_rack_id(case.string("rack", 1));
        }
        if case.version >= 12 {
            request = request.with_cluster_id(case.nullable(12, case.string("cluster", 1)));
        }
        if case.version >= 15 {
            let state = ReplicaState::default()
                .with_replica_id(BrokerId(4))
                .with_replica_epoch(9)
                .with_unknown_tagged_fields(case.tags(15));
            request = request.with_replica_state(state);
        }
        request
    }
}

fn fetch_topic(case: Case, n: i32) -> FetchTopic {
    let partition = |n| {
        let mut partition = FetchPartition::default()
            .with_partition(n)
            .with_current_leader_epoch(2)
            .with_fetch_offset(1000)
            .with_log_start_offset(10)
            .with_partition_max_bytes(1 << 20)
            .with_unknown_tagged_fields(case.tags(12));
        if case.version >= 12 {
            partition = partition.with_last_fetched_epoch(1);
        }
        if case.version >= 17 {
            partition = partition.with_replica_directory_id(Case::id(77));
        }
        // Consumers never set it, followers of the metadata quorum do.
        if case.version >= 18 {
            partition = partition.with_high_watermark(990);
        }
        partition
    };
    FetchTopic::default()
        .with_topic(case.topic(n))
        .with_topic_id(if case.version >= 13 { Case::id(n) } else { Uuid::nil() })
        .with_partitions(case.list(2, partition))
        .with_unknown_tagged_fields(case.tags(12))
}

fn forgotten_topic(case: Case, n: i32) -> ForgottenTopic {
    ForgottenTopic::default()
        .with_topic(case.topic(n))
        .with_topic_id(if case.version >= 13 { Case::id(n) } else { Uuid::nil() })
        .with_partitions(case.list(2, |n| n))
        .with_unknown_tagged_fields(case.tags(12))
}

impl Sample for ListOffsetsRequest {
    fn sample(case: Case) -> Self {
        let partition = |n| {
            ListOffsetsPartition::default()
                .with_partition_index(n)
                .with_current_leader_epoch(if case.version >= 4 { 5 } else { -1 })
                .with_timestamp(-1)
                .with_unknown_tagged_fields(case.tags(6))
        };
        let topic = |n| {
            ListOffsetsTopic::default()
                .with_name(case.topic(n))
                .with_partitions(case.list(2, partition))
                .with_unknown_tagged_fields(case.tags(6))
        };
        Self::default()
            .with_replica_id(BrokerId(-1))
            .with_isolation_level(i8::from(case.version >= 2))
            .with_topics(case.list(2, topic))
            .with_timeout_ms(if case.version >= 10 { 1000 } else { 0 })
            .with_unknown_tagged_fields(case.tags(6))
    }
}

impl Sample for DeleteRecordsRequest {
    fn sample(case: Case) -> Self {
        let partition = |n| {
            DeleteRecordsPartition::default()
                .with_partition_index(n)
                .with_offset(-1)
                .with_unknown_tagged_fields(case.tags(2))
        };
        let topic = |n| {
            DeleteRecordsTopic::default()
                .with_name(case.topic(n))
                .with_partitions(case.list(2, partition))
                .with_unknown_tagged_fields(case.tags(2))
        };
        Self::default()
            .with_topics(case.list(2, topic))
            .with_timeout_ms(1000)
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for OffsetForLeaderEpochRequest {
    fn sample(case: Case) -> Self {
        let partition = |n| {
            OffsetForLeaderPartition::default()
                .with_partition(n)
                .with_current_leader_epoch(3)
                .with_leader_epoch(2)
                .with_unknown_tagged_fields(case.tags(4))
        };
        let topic = |n| {
            OffsetForLeaderTopic::default()
                .with_topic(case.topic(n))
                .with_partitions(case.list(2, partition))
                .with_unknown_tagged_fields(case.tags(4))
        };
        Self::default()
            .with_replica_id(BrokerId(if case.version >= 3 { -1 } else { -2 }))
            .with_topics(case.list(2, topic))
            .with_unknown_tagged_fields(case.tags(4))
    }
}

impl Sample for InitProducerIdRequest {
    fn sample(case: Case) -> Self {
        let known = case.version >= 3;
        Self::default()
            .with_transactional_id(case.nullable(0, TransactionalId(case.string("transaction", 1))))
            .with_transaction_timeout_ms(60_000)
            .with_producer_id(ProducerId(if known { 5 } else { -1 }))
            .with_producer_epoch(if known { 7 } else { -1 })
            .with_unknown_tagged_fields(case.tags(2))
    }
}

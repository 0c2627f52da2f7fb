//! The one table from api to operation and handler, and the way from a frame to its handler.
//!
//! Nothing reaches a handler on another way: the version was found in `protocol-wire`'s table, the
//! body went through its guard, and the request is wrapped as [`Authorized`] with the operation of
//! its row. Produce and Fetch have rows like every other api; their handlers work on the
//! connection itself, because record bytes must not be copied on the way.

use protocol_types::ApiKey;
use protocol_wire::{describe_log_dirs_response, error::DecodeError};

use crate::{
    handlers,
    ordinary::{Call, Running},
    security::Operation,
};

/// One row: what an api demands and who answers it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) api: ApiKey,
    /// The operation each resource of the request is checked for; `None` means anybody may ask.
    pub(crate) operation: Option<Operation>,
    pub(crate) handler: Handler,
}

/// How requests of an api are handled.
#[derive(Debug)]
pub(crate) enum Handler {
    Produce,
    Fetch,
    /// Decoded, run as a future of its own, encoded. Runs alone on its connection.
    Ordinary(fn(Call) -> Result<Running, DecodeError>),
}

/// Every served api, in the order of its key.
static TABLE: &[Row] = &[
    Row { api: ApiKey::Produce, operation: Some(Operation::Write), handler: Handler::Produce },
    Row { api: ApiKey::Fetch, operation: Some(Operation::Read), handler: Handler::Fetch },
    ordinary(ApiKey::ListOffsets, Some(Operation::Describe), |call| {
        call.run(handlers::list_offsets::handle)
    }),
    ordinary(ApiKey::Metadata, Some(Operation::Describe), |call| {
        call.run(handlers::metadata::handle)
    }),
    ordinary(ApiKey::OffsetCommit, Some(Operation::Read), |call| {
        call.run(handlers::offset_commit::handle)
    }),
    ordinary(ApiKey::OffsetFetch, Some(Operation::Describe), |call| {
        call.run(handlers::offset_fetch::handle)
    }),
    ordinary(ApiKey::FindCoordinator, Some(Operation::Describe), |call| {
        call.run(handlers::find_coordinator::handle)
    }),
    ordinary(ApiKey::JoinGroup, Some(Operation::Read), |call| {
        call.run(handlers::join_group::handle)
    }),
    ordinary(ApiKey::Heartbeat, Some(Operation::Read), |call| {
        call.run(handlers::heartbeat::handle)
    }),
    ordinary(ApiKey::LeaveGroup, Some(Operation::Read), |call| {
        call.run(handlers::leave_group::handle)
    }),
    ordinary(ApiKey::SyncGroup, Some(Operation::Read), |call| {
        call.run(handlers::sync_group::handle)
    }),
    ordinary(ApiKey::DescribeGroups, Some(Operation::Describe), |call| {
        call.run(handlers::describe_groups::handle)
    }),
    ordinary(ApiKey::ListGroups, Some(Operation::Describe), |call| {
        call.run(handlers::list_groups::handle)
    }),
    ordinary(ApiKey::SaslHandshake, None, |call| call.run(handlers::sasl::handshake)),
    ordinary(ApiKey::ApiVersions, None, handlers::api_versions::start),
    ordinary(ApiKey::CreateTopics, Some(Operation::Create), |call| {
        call.run(handlers::create_topics::handle)
    }),
    ordinary(ApiKey::DeleteTopics, Some(Operation::Delete), |call| {
        call.run(handlers::delete_topics::handle)
    }),
    ordinary(ApiKey::DeleteRecords, Some(Operation::Delete), |call| {
        call.run(handlers::delete_records::handle)
    }),
    ordinary(ApiKey::InitProducerId, Some(Operation::IdempotentWrite), |call| {
        call.run(handlers::init_producer_id::handle)
    }),
    ordinary(ApiKey::OffsetForLeaderEpoch, Some(Operation::Describe), |call| {
        call.run(handlers::offset_for_leader_epoch::handle)
    }),
    ordinary(ApiKey::DescribeAcls, Some(Operation::Describe), |call| {
        call.run(handlers::acls::describe)
    }),
    ordinary(ApiKey::CreateAcls, Some(Operation::Alter), |call| call.run(handlers::acls::create)),
    ordinary(ApiKey::DeleteAcls, Some(Operation::Alter), |call| call.run(handlers::acls::delete)),
    ordinary(ApiKey::DescribeConfigs, Some(Operation::DescribeConfigs), |call| {
        call.run(handlers::describe_configs::handle)
    }),
    ordinary(ApiKey::AlterConfigs, Some(Operation::AlterConfigs), |call| {
        call.run(handlers::alter_configs::handle)
    }),
    ordinary(ApiKey::AlterReplicaLogDirs, Some(Operation::Alter), |call| {
        call.run(handlers::alter_replica_log_dirs::handle)
    }),
    ordinary(ApiKey::DescribeLogDirs, Some(Operation::Describe), |call| {
        call.run_with(handlers::describe_log_dirs::handle, describe_log_dirs_response::encode)
    }),
    ordinary(ApiKey::SaslAuthenticate, None, |call| call.run(handlers::sasl::authenticate)),
    ordinary(ApiKey::CreatePartitions, Some(Operation::Alter), |call| {
        call.run(handlers::create_partitions::handle)
    }),
    ordinary(ApiKey::CreateDelegationToken, Some(Operation::Create), |call| {
        call.run(handlers::delegation_tokens::create)
    }),
    ordinary(ApiKey::RenewDelegationToken, Some(Operation::Alter), |call| {
        call.run(handlers::delegation_tokens::renew)
    }),
    ordinary(ApiKey::ExpireDelegationToken, Some(Operation::Alter), |call| {
        call.run(handlers::delegation_tokens::expire)
    }),
    ordinary(ApiKey::DescribeDelegationToken, Some(Operation::Describe), |call| {
        call.run(handlers::delegation_tokens::describe)
    }),
    ordinary(ApiKey::DeleteGroups, Some(Operation::Delete), |call| {
        call.run(handlers::delete_groups::handle)
    }),
    ordinary(ApiKey::ElectLeaders, Some(Operation::Alter), |call| {
        call.run(handlers::elect_leaders::handle)
    }),
    ordinary(ApiKey::IncrementalAlterConfigs, Some(Operation::AlterConfigs), |call| {
        call.run(handlers::incremental_alter_configs::handle)
    }),
    ordinary(ApiKey::AlterPartitionReassignments, Some(Operation::Alter), |call| {
        call.run(handlers::alter_partition_reassignments::handle)
    }),
    ordinary(ApiKey::ListPartitionReassignments, Some(Operation::Describe), |call| {
        call.run(handlers::list_partition_reassignments::handle)
    }),
    ordinary(ApiKey::OffsetDelete, Some(Operation::Delete), |call| {
        call.run(handlers::offset_delete::handle)
    }),
    ordinary(ApiKey::DescribeClientQuotas, Some(Operation::DescribeConfigs), |call| {
        call.run(handlers::describe_client_quotas::handle)
    }),
    ordinary(ApiKey::AlterClientQuotas, Some(Operation::AlterConfigs), |call| {
        call.run(handlers::alter_client_quotas::handle)
    }),
    ordinary(ApiKey::DescribeUserScramCredentials, Some(Operation::Describe), |call| {
        call.run(handlers::describe_user_scram_credentials::handle)
    }),
    ordinary(ApiKey::DescribeQuorum, Some(Operation::Describe), |call| {
        call.run(handlers::describe_quorum::handle)
    }),
    ordinary(ApiKey::UpdateFeatures, Some(Operation::Alter), |call| {
        call.run(handlers::update_features::handle)
    }),
    ordinary(ApiKey::DescribeCluster, Some(Operation::Describe), |call| {
        call.run(handlers::describe_cluster::handle)
    }),
    ordinary(ApiKey::DescribeProducers, Some(Operation::Read), |call| {
        call.run(handlers::describe_producers::handle)
    }),
    ordinary(ApiKey::UnregisterBroker, Some(Operation::Alter), |call| {
        call.run(handlers::unregister_broker::handle)
    }),
    ordinary(ApiKey::ConsumerGroupHeartbeat, Some(Operation::Read), |call| {
        call.run(handlers::consumer_group_heartbeat::handle)
    }),
    ordinary(ApiKey::ConsumerGroupDescribe, Some(Operation::Describe), |call| {
        call.run(handlers::consumer_group_describe::handle)
    }),
    ordinary(ApiKey::GetTelemetrySubscriptions, None, |call| {
        call.run(handlers::get_telemetry_subscriptions::handle)
    }),
    ordinary(ApiKey::PushTelemetry, None, |call| call.run(handlers::push_telemetry::handle)),
    ordinary(ApiKey::ListConfigResources, Some(Operation::DescribeConfigs), |call| {
        call.run(handlers::list_config_resources::handle)
    }),
    ordinary(ApiKey::DescribeTopicPartitions, Some(Operation::Describe), |call| {
        call.run(handlers::describe_topic_partitions::handle)
    }),
];

const fn ordinary(
    api: ApiKey,
    operation: Option<Operation>,
    run: fn(Call) -> Result<Running, DecodeError>,
) -> Row {
    Row { api, operation, handler: Handler::Ordinary(run) }
}

/// The row of a served api.
pub(crate) fn row(api: ApiKey) -> Option<&'static Row> {
    TABLE.binary_search_by_key(&api, |row| row.api).ok().and_then(|at| TABLE.get(at))
}

/// The apis that have a row.
pub(crate) fn apis() -> impl Iterator<Item = ApiKey> {
    TABLE.iter().map(|row| row.api)
}

#[cfg(test)]
mod tests;

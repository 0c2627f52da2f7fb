//! The one table from api to operation and handler, and the way from a frame to its handler.
//!
//! Nothing reaches a handler on another way: the version was found in `protocol-wire`'s table, the
//! body went through its guard, and the request is wrapped as [`Authorized`] with the operation of
//! its row. Produce and Fetch have rows like every other api; their handlers work on the
//! connection itself, because record bytes must not be copied on the way.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use broker_env::Clock;
use bytes::{Bytes, BytesMut};
use protocol_types::ApiKey;
use protocol_wire::{
    decode::decode_request,
    error::{DecodeError, EncodeError},
    messages::Request,
    request_header::RequestHeader,
    response::encode_response,
    throttle::set_throttle_time,
};

use crate::{
    handlers,
    quotas::{RequestQuota, Throttle},
    request::RequestContext,
    security::{Authorized, Operation, Session},
};

/// An answer in the making; yields a whole response frame.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<BytesMut, EncodeError>>>>;

/// An ordinary request on its way to its answer.
pub(crate) struct OrdinaryWork {
    running: Running,
    api: ApiKey,
    version: i16,
    quota: Option<Arc<RequestQuota>>,
    /// Time spent on it, in nanoseconds; measured where a quota asks for it.
    busy: u64,
}

impl OrdinaryWork {
    pub(crate) const fn new(
        running: Running,
        header: &RequestHeader<'_>,
        quota: Option<Arc<RequestQuota>>,
    ) -> Self {
        Self { running, api: header.api, version: header.version, quota, busy: 0 }
    }

    /// Works on it; its answer tells the client to wait as long as the throttle says.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        clock: &dyn Clock,
    ) -> Poll<Result<(BytesMut, Throttle), EncodeError>> {
        let Some(quota) = &self.quota else {
            let polled = self.running.as_mut().poll(cx);
            return polled.map_ok(|answer| (answer, Throttle::default()));
        };
        let began = clock.now();
        let polled = self.running.as_mut().poll(cx);
        let ended = clock.now();
        self.busy += ended.nanos_since(began);
        polled.map_ok(|mut answer| {
            let throttle = quota.throttle(self.busy, ended);
            if throttle.ms > 0 {
                set_throttle_time(self.api, self.version, &mut answer, throttle.to_wire());
            }
            (answer, throttle)
        })
    }
}

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
        call.run(handlers::describe_log_dirs::handle)
    }),
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

/// A request on its way to its handler.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) context: RequestContext,
    pub(crate) session: Arc<Session>,
    pub(crate) operation: Option<Operation>,
    pub(crate) correlation_id: i32,
    pub(crate) body: Bytes,
}

impl Call {
    /// Decodes the request and starts `handle` on it.
    fn run<R, F, A>(self, handle: F) -> Result<Running, DecodeError>
    where
        R: Request + 'static,
        F: FnOnce(RequestContext, Authorized<R>) -> A + 'static,
        A: Future<Output = R::Response>,
    {
        let (api, version) = (self.context.api, self.context.version);
        let request = decode_request::<R>(api, version, self.body)?;
        let request = Authorized::new(request, self.session, self.operation);
        let (context, correlation_id) = (self.context, self.correlation_id);
        Ok(Box::pin(async move {
            let response = handle(context, request).await;
            let mut out = BytesMut::new();
            encode_response(&mut out, api, version, correlation_id, &response)?;
            Ok(out)
        }))
    }
}

#[cfg(test)]
mod tests;

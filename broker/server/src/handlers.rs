//! One file per api: from its wire request to the domain and back.
//!
//! A handler is `pub(crate) async fn handle(context: RequestContext, request: Authorized<R>) ->
//! R::Response`. It checks each resource with `request.allows(..)`, answers errors per item through
//! `context.error(code)` (which counts them), and sets no field that its version cannot carry:
//! the encoder refuses those, and the connection is closed. Wire types and sentinels stop here.
//! Adding an api is a file, a line below and a row in `dispatch`.

pub(crate) mod acls;
pub(crate) mod alter_client_quotas;
pub(crate) mod alter_configs;
pub(crate) mod alter_partition_reassignments;
pub(crate) mod alter_replica_log_dirs;
pub(crate) mod api_versions;
mod broker_loggers;
mod config_resource;
pub(crate) mod consumer_group_describe;
pub(crate) mod consumer_group_heartbeat;
pub(crate) mod create_partitions;
pub(crate) mod create_topics;
pub(crate) mod delegation_tokens;
pub(crate) mod delete_groups;
pub(crate) mod delete_records;
pub(crate) mod delete_topics;
pub(crate) mod describe_client_quotas;
pub(crate) mod describe_cluster;
pub(crate) mod describe_configs;
pub(crate) mod describe_groups;
pub(crate) mod describe_log_dirs;
pub(crate) mod describe_producers;
pub(crate) mod describe_quorum;
pub(crate) mod describe_topic_partitions;
pub(crate) mod describe_user_scram_credentials;
pub(crate) mod elect_leaders;
pub(crate) mod find_coordinator;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod get_telemetry_subscriptions;
pub(crate) mod heartbeat;
pub(crate) mod incremental_alter_configs;
pub(crate) mod init_producer_id;
pub(crate) mod join_group;
pub(crate) mod leave_group;
pub(crate) mod list_config_resources;
pub(crate) mod list_groups;
pub(crate) mod list_offsets;
pub(crate) mod list_partition_reassignments;
pub(crate) mod metadata;
pub(crate) mod offset_commit;
pub(crate) mod offset_delete;
pub(crate) mod offset_fetch;
pub(crate) mod offset_for_leader_epoch;
pub(crate) mod push_telemetry;
mod room;
pub(crate) mod sasl;
pub(crate) mod sync_group;
mod topics_by_id;
pub(crate) mod unregister_broker;
pub(crate) mod update_features;
mod wire_names;

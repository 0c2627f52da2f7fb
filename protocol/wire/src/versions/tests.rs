use kafka_protocol::messages as m;
use kafka_protocol::protocol::{HeaderVersion, Message, Request};
use rstest::rstest;

use super::*;

#[test]
fn the_table_is_sorted_by_key_so_that_lookup_finds_every_row() {
    assert!(SERVED.is_sorted_by_key(|api| api.key));
    for api in SERVED {
        assert_eq!(served(api.key), Some(api));
    }
    assert_eq!(served(ApiKey::AddRaftVoter), None);
}

#[test]
fn trap_6_produce_is_advertised_from_version_0_and_served_from_3() {
    let produce = served(ApiKey::Produce).unwrap();
    assert_eq!((produce.advertised_min, produce.min), (0, 3));
    let others = SERVED.iter().filter(|api| api.key != ApiKey::Produce);
    assert!(others.clone().all(|api| api.advertised_min == api.min));
}

/// Trap 5: what is advertised must be served, so the decoder has to cover the whole range, and its
/// idea of header versions must be ours.
#[rstest]
#[case::produce(agrees::<m::ProduceRequest>)]
#[case::fetch(agrees::<m::FetchRequest>)]
#[case::list_offsets(agrees::<m::ListOffsetsRequest>)]
#[case::metadata(agrees::<m::MetadataRequest>)]
#[case::offset_commit(agrees::<m::OffsetCommitRequest>)]
#[case::offset_fetch(agrees::<m::OffsetFetchRequest>)]
#[case::find_coordinator(agrees::<m::FindCoordinatorRequest>)]
#[case::join_group(agrees::<m::JoinGroupRequest>)]
#[case::heartbeat(agrees::<m::HeartbeatRequest>)]
#[case::leave_group(agrees::<m::LeaveGroupRequest>)]
#[case::sync_group(agrees::<m::SyncGroupRequest>)]
#[case::describe_groups(agrees::<m::DescribeGroupsRequest>)]
#[case::list_groups(agrees::<m::ListGroupsRequest>)]
#[case::api_versions(agrees::<m::ApiVersionsRequest>)]
#[case::create_topics(agrees::<m::CreateTopicsRequest>)]
#[case::delete_topics(agrees::<m::DeleteTopicsRequest>)]
#[case::delete_records(agrees::<m::DeleteRecordsRequest>)]
#[case::init_producer_id(agrees::<m::InitProducerIdRequest>)]
#[case::offset_for_leader_epoch(agrees::<m::OffsetForLeaderEpochRequest>)]
#[case::describe_acls(agrees::<m::DescribeAclsRequest>)]
#[case::create_acls(agrees::<m::CreateAclsRequest>)]
#[case::delete_acls(agrees::<m::DeleteAclsRequest>)]
#[case::describe_configs(agrees::<m::DescribeConfigsRequest>)]
#[case::alter_configs(agrees::<m::AlterConfigsRequest>)]
#[case::create_partitions(agrees::<m::CreatePartitionsRequest>)]
#[case::create_delegation_token(agrees::<m::CreateDelegationTokenRequest>)]
#[case::renew_delegation_token(agrees::<m::RenewDelegationTokenRequest>)]
#[case::expire_delegation_token(agrees::<m::ExpireDelegationTokenRequest>)]
#[case::describe_delegation_token(agrees::<m::DescribeDelegationTokenRequest>)]
#[case::delete_groups(agrees::<m::DeleteGroupsRequest>)]
#[case::incremental_alter_configs(agrees::<m::IncrementalAlterConfigsRequest>)]
#[case::offset_delete(agrees::<m::OffsetDeleteRequest>)]
#[case::describe_client_quotas(agrees::<m::DescribeClientQuotasRequest>)]
#[case::alter_client_quotas(agrees::<m::AlterClientQuotasRequest>)]
#[case::describe_cluster(agrees::<m::DescribeClusterRequest>)]
#[case::list_config_resources(agrees::<m::ListConfigResourcesRequest>)]
#[case::describe_topic_partitions(agrees::<m::DescribeTopicPartitionsRequest>)]
fn the_decoder_covers_what_the_table_serves(#[case] check: fn() -> ApiKey) {
    check();
}

#[test]
fn every_row_of_the_table_is_checked_against_the_decoder() {
    // Each case above names its api; this counts them.
    assert_eq!(SERVED.len(), 37);
}

fn agrees<R: Request>() -> ApiKey {
    let api = served(ApiKey::from_wire(R::KEY).unwrap()).unwrap();
    for version in api.min..=api.max {
        for range in [R::VERSIONS, <R::Response as Message>::VERSIONS] {
            assert!(range.min <= version && version <= range.max, "{:?} {version}", api.key);
        }
        assert_eq!(api.request_header_version(version), R::header_version(version));
        let response_header = <R::Response as HeaderVersion>::header_version(version);
        assert_eq!(api.response_header_version(version), response_header);
    }
    api.key
}

/// Trap 1.
#[rstest]
#[case(0)]
#[case(3)]
#[case(4)]
fn trap_1_the_response_header_of_api_versions_is_always_version_0(#[case] version: i16) {
    assert_eq!(served(ApiKey::ApiVersions).unwrap().response_header_version(version), 0);
}

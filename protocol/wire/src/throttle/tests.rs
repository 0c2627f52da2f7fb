use bytes::{Buf, BytesMut};
use kafka_protocol::messages as m;
use kafka_protocol::protocol::{Decodable, Encodable};

use super::*;
use crate::api_versions::{self, Features};
use crate::describe_log_dirs_response;
use crate::response::encode_response;
use crate::versions::SERVED;

const WAIT: i32 = 0x0102_0304;

/// The wait an answer of `R` tells after it was set; `None` where its version has none.
fn told<R: Encodable + Decodable + Default>(api: ApiKey, version: i16, wait: fn(&R) -> i32) -> i32 {
    let mut frame = BytesMut::new();
    if api == ApiKey::ApiVersions {
        api_versions::encode(&mut frame, version, 7, &Features::default()).unwrap();
    } else if api == ApiKey::DescribeLogDirs {
        let none = describe_log_dirs_response::LogDirs::default();
        describe_log_dirs_response::encode(&mut frame, version, 7, &none).unwrap();
    } else {
        encode_response(&mut frame, api, version, 7, &R::default()).unwrap();
    }
    let before = frame.len();
    set_throttle_time(api, version, &mut frame, WAIT);
    assert_eq!(frame.len(), before);
    let header = versions::served(api).unwrap().response_header_version(version);
    frame.advance(HEAD_LEN + usize::from(header > 0));
    wait(&R::decode(&mut frame, versions::as_generated(api, version)).unwrap())
}

macro_rules! answers {
    ($($name:ident from $first:literal => $response:ident),* $(,)?) => {
        /// Each api whose answer can tell to wait, the first version that can, and what is told.
        fn answers() -> Vec<(ApiKey, i16, fn(ApiKey, i16) -> i32)> {
            vec![$((ApiKey::$name, $first, |api, version| {
                told::<m::$response>(api, version, |answer| answer.throttle_time_ms)
            })),*]
        }
    };
}

answers! {
    ListOffsets from 2 => ListOffsetsResponse,
    Metadata from 3 => MetadataResponse,
    OffsetCommit from 3 => OffsetCommitResponse,
    OffsetFetch from 3 => OffsetFetchResponse,
    FindCoordinator from 1 => FindCoordinatorResponse,
    JoinGroup from 2 => JoinGroupResponse,
    Heartbeat from 1 => HeartbeatResponse,
    LeaveGroup from 1 => LeaveGroupResponse,
    SyncGroup from 1 => SyncGroupResponse,
    DescribeGroups from 1 => DescribeGroupsResponse,
    ListGroups from 1 => ListGroupsResponse,
    ApiVersions from 1 => ApiVersionsResponse,
    CreateTopics from 2 => CreateTopicsResponse,
    DeleteTopics from 1 => DeleteTopicsResponse,
    DeleteRecords from 0 => DeleteRecordsResponse,
    InitProducerId from 0 => InitProducerIdResponse,
    OffsetForLeaderEpoch from 2 => OffsetForLeaderEpochResponse,
    DescribeAcls from 0 => DescribeAclsResponse,
    CreateAcls from 0 => CreateAclsResponse,
    DeleteAcls from 0 => DeleteAclsResponse,
    DescribeConfigs from 0 => DescribeConfigsResponse,
    AlterConfigs from 0 => AlterConfigsResponse,
    AlterReplicaLogDirs from 0 => AlterReplicaLogDirsResponse,
    DescribeLogDirs from 0 => DescribeLogDirsResponse,
    CreatePartitions from 0 => CreatePartitionsResponse,
    CreateDelegationToken from 0 => CreateDelegationTokenResponse,
    RenewDelegationToken from 0 => RenewDelegationTokenResponse,
    ExpireDelegationToken from 0 => ExpireDelegationTokenResponse,
    DescribeDelegationToken from 0 => DescribeDelegationTokenResponse,
    DeleteGroups from 0 => DeleteGroupsResponse,
    ElectLeaders from 0 => ElectLeadersResponse,
    IncrementalAlterConfigs from 0 => IncrementalAlterConfigsResponse,
    AlterPartitionReassignments from 0 => AlterPartitionReassignmentsResponse,
    ListPartitionReassignments from 0 => ListPartitionReassignmentsResponse,
    OffsetDelete from 0 => OffsetDeleteResponse,
    DescribeClientQuotas from 0 => DescribeClientQuotasResponse,
    AlterClientQuotas from 0 => AlterClientQuotasResponse,
    DescribeUserScramCredentials from 0 => DescribeUserScramCredentialsResponse,
    UpdateFeatures from 0 => UpdateFeaturesResponse,
    DescribeCluster from 0 => DescribeClusterResponse,
    DescribeProducers from 0 => DescribeProducersResponse,
    UnregisterBroker from 0 => UnregisterBrokerResponse,
    ConsumerGroupHeartbeat from 0 => ConsumerGroupHeartbeatResponse,
    ConsumerGroupDescribe from 0 => ConsumerGroupDescribeResponse,
    GetTelemetrySubscriptions from 0 => GetTelemetrySubscriptionsResponse,
    PushTelemetry from 0 => PushTelemetryResponse,
    ListConfigResources from 0 => ListConfigResourcesResponse,
    DescribeTopicPartitions from 0 => DescribeTopicPartitionsResponse,
}

/// Their answers have no such field, or they write it themselves.
const WITHOUT: &[ApiKey] = &[
    ApiKey::Produce,
    ApiKey::Fetch,
    ApiKey::SaslHandshake,
    ApiKey::SaslAuthenticate,
    ApiKey::DescribeQuorum,
];

#[test]
fn trap_109_every_served_answer_tells_its_client_to_wait() {
    let answers = answers();
    for api in SERVED {
        let Some((_, first, told)) = answers.iter().find(|(key, ..)| *key == api.key) else {
            assert!(WITHOUT.contains(&api.key), "{:?} belongs in the table above", api.key);
            continue;
        };
        for version in api.min..=api.max {
            let expected = if version < *first { 0 } else { WAIT };
            assert_eq!(told(api.key, version), expected, "{:?} version {version}", api.key);
        }
    }
}

#[test]
fn a_frame_too_short_stays_as_it_is() {
    for api in SERVED {
        for version in api.min..=api.max {
            for length in 0..12 {
                let mut frame = vec![0_u8; length];
                set_throttle_time(api.key, version, &mut frame, WAIT);
                assert_eq!(frame.len(), length);
            }
        }
    }
}

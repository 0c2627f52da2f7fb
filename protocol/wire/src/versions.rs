//! The one table of served apis: versions, first flexible version, what ApiVersions advertises.
//!
//! Dispatch, the guard and the ApiVersions answer all read it, so nothing is advertised that is not
//! guarded and decoded. An api enters when every version in its range is served whole.

use protocol_types::ApiKey;

/// One served api.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServedApi {
    pub key: ApiKey,
    /// Lowest version that is answered.
    pub min: i16,
    /// Highest version that is answered.
    pub max: i16,
    /// From this version on strings, arrays and headers are compact and tagged.
    pub first_flexible: i16,
    /// Lowest version ApiVersions names. Lower than `min` for Produce alone: librdkafka before 2.12
    /// compresses only where it sees version 0 advertised (KAFKA-18659), Apache Kafka does the same.
    pub advertised_min: i16,
}

impl ServedApi {
    const fn new(key: ApiKey, min: i16, max: i16, first_flexible: i16) -> Self {
        Self { key, min, max, first_flexible, advertised_min: min }
    }

    /// Whether requests of this version are answered.
    #[must_use]
    pub const fn serves(&self, version: i16) -> bool {
        self.min <= version && version <= self.max
    }

    #[must_use]
    pub const fn is_flexible(&self, version: i16) -> bool {
        version >= self.first_flexible
    }

    /// 1 or 2.
    #[must_use]
    pub const fn request_header_version(&self, version: i16) -> i16 {
        if self.is_flexible(version) { 2 } else { 1 }
    }

    /// 0 or 1; always 0 for ApiVersions, whose answer must be readable by a client that does not
    /// yet know what the broker speaks (KIP-511).
    #[must_use]
    pub const fn response_header_version(&self, version: i16) -> i16 {
        if self.is_flexible(version) && !matches!(self.key, ApiKey::ApiVersions) { 1 } else { 0 }
    }
}

/// Every served api, in the order of its key.
pub static SERVED: &[ServedApi] = &[
    ServedApi { advertised_min: 0, ..ServedApi::new(ApiKey::Produce, 3, 13, 9) },
    ServedApi::new(ApiKey::Fetch, 4, 18, 12),
    ServedApi::new(ApiKey::ListOffsets, 1, 11, 6),
    ServedApi::new(ApiKey::Metadata, 0, 13, 9),
    ServedApi::new(ApiKey::OffsetCommit, 2, 10, 8),
    ServedApi::new(ApiKey::OffsetFetch, 1, 10, 6),
    ServedApi::new(ApiKey::FindCoordinator, 0, 6, 3),
    ServedApi::new(ApiKey::JoinGroup, 0, 9, 6),
    ServedApi::new(ApiKey::Heartbeat, 0, 4, 4),
    ServedApi::new(ApiKey::LeaveGroup, 0, 5, 4),
    ServedApi::new(ApiKey::SyncGroup, 0, 5, 4),
    ServedApi::new(ApiKey::DescribeGroups, 0, 6, 5),
    ServedApi::new(ApiKey::ListGroups, 0, 5, 3),
    ServedApi::new(ApiKey::SaslHandshake, 0, 1, i16::MAX),
    ServedApi::new(ApiKey::ApiVersions, 0, 4, 3),
    ServedApi::new(ApiKey::CreateTopics, 2, 7, 5),
    ServedApi::new(ApiKey::DeleteTopics, 1, 6, 4),
    ServedApi::new(ApiKey::DeleteRecords, 0, 2, 2),
    ServedApi::new(ApiKey::InitProducerId, 0, 5, 2),
    ServedApi::new(ApiKey::OffsetForLeaderEpoch, 2, 4, 4),
    ServedApi::new(ApiKey::DescribeAcls, 1, 3, 2),
    ServedApi::new(ApiKey::CreateAcls, 1, 3, 2),
    ServedApi::new(ApiKey::DeleteAcls, 1, 3, 2),
    ServedApi::new(ApiKey::DescribeConfigs, 1, 4, 4),
    ServedApi::new(ApiKey::AlterConfigs, 0, 2, 2),
    ServedApi::new(ApiKey::AlterReplicaLogDirs, 1, 2, 2),
    ServedApi::new(ApiKey::DescribeLogDirs, 1, 5, 2),
    ServedApi::new(ApiKey::SaslAuthenticate, 0, 2, 2),
    ServedApi::new(ApiKey::CreatePartitions, 0, 3, 2),
    ServedApi::new(ApiKey::CreateDelegationToken, 1, 3, 2),
    ServedApi::new(ApiKey::RenewDelegationToken, 1, 2, 2),
    ServedApi::new(ApiKey::ExpireDelegationToken, 1, 2, 2),
    ServedApi::new(ApiKey::DescribeDelegationToken, 1, 3, 2),
    ServedApi::new(ApiKey::DeleteGroups, 0, 2, 2),
    ServedApi::new(ApiKey::ElectLeaders, 0, 2, 2),
    ServedApi::new(ApiKey::IncrementalAlterConfigs, 0, 1, 1),
    ServedApi::new(ApiKey::AlterPartitionReassignments, 0, 1, 0),
    ServedApi::new(ApiKey::ListPartitionReassignments, 0, 0, 0),
    ServedApi::new(ApiKey::OffsetDelete, 0, 0, i16::MAX),
    ServedApi::new(ApiKey::DescribeClientQuotas, 0, 1, 1),
    ServedApi::new(ApiKey::AlterClientQuotas, 0, 1, 1),
    ServedApi::new(ApiKey::DescribeUserScramCredentials, 0, 0, 0),
    ServedApi::new(ApiKey::DescribeQuorum, 0, 2, 0),
    ServedApi::new(ApiKey::UpdateFeatures, 0, 2, 0),
    ServedApi::new(ApiKey::DescribeCluster, 0, 2, 0),
    ServedApi::new(ApiKey::DescribeProducers, 0, 0, 0),
    ServedApi::new(ApiKey::UnregisterBroker, 0, 0, 0),
    ServedApi::new(ApiKey::ConsumerGroupHeartbeat, 0, 1, 0),
    ServedApi::new(ApiKey::ConsumerGroupDescribe, 0, 1, 0),
    ServedApi::new(ApiKey::GetTelemetrySubscriptions, 0, 0, 0),
    ServedApi::new(ApiKey::PushTelemetry, 0, 0, 0),
    ServedApi::new(ApiKey::ListConfigResources, 0, 1, 0),
    ServedApi::new(ApiKey::DescribeTopicPartitions, 0, 0, 0),
];

/// The row of an api, `None` if it is not served at all.
#[must_use]
pub fn served(key: ApiKey) -> Option<&'static ServedApi> {
    SERVED.binary_search_by_key(&key, |api| api.key).ok().and_then(|at| SERVED.get(at))
}

/// The version by which the message crate reads and writes requests of `version`. It was generated
/// from Kafka 4.1; what is named here has the same bytes since, and means more. New bytes are
/// `newer`'s.
pub(crate) const fn as_generated(api: ApiKey, version: i16) -> i16 {
    match (api, version) {
        (ApiKey::ListOffsets, 11) => 10,
        (ApiKey::DescribeLogDirs, 5) => 4,
        _ => version,
    }
}

/// The same for answers. One that an encoder of ours writes keeps its version: the crate refuses it.
pub(crate) const fn answer_as_generated(api: ApiKey, version: i16) -> i16 {
    match (api, version) {
        (ApiKey::DescribeLogDirs, 5) => 5,
        _ => as_generated(api, version),
    }
}

#[cfg(test)]
mod tests;

//! One well-formed request of every served api and version, with several elements in every array.
//!
//! Material for tests of this crate and of others: round trips, the guard's proof, hostile input,
//! the fuzz corpus. Values are arbitrary but fixed.

mod acls;
mod admin;
mod cluster;
mod configs;
mod consumer_groups;
mod data;
mod groups;
mod offsets;
mod quotas;
mod telemetry;
mod topics;

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{self as m, TopicName};
#[cfg(test)]
use kafka_protocol::protocol::{HeaderVersion, Message, VersionRange};
use kafka_protocol::protocol::{Request, StrBytes};
use protocol_types::ApiKey;
use uuid::Uuid;

use crate::decode::decode_request;
use crate::error::{DecodeError, EncodeError};
use crate::frame::PREFIX_LEN;
use crate::request::encode_request;
use crate::request_header::{Parsed, parse};
use crate::versions::{SERVED, ServedApi};

/// How the fields of a sample are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Everything present, two elements and more in every array, unknown tagged fields where the
    /// version has tags.
    Full,
    /// Null wherever the version allows it, elsewhere as `Full`.
    Nulls,
    /// Empty arrays and strings, no tagged fields.
    Empty,
}

/// The correlation id of every sample.
pub const CORRELATION_ID: i32 = 0x0102_0304;

/// Every served api with every version of it.
pub fn served_versions() -> impl Iterator<Item = (ApiKey, i16)> {
    let versions = |api: &ServedApi| {
        let key = api.key;
        (api.min..=api.max).map(move |version| (key, version))
    };
    SERVED.iter().flat_map(versions)
}

/// The whole frame of a sample, length prefix included.
///
/// # Errors
/// The api is not served in this version.
pub fn frame(api: ApiKey, version: i16, fill: Fill) -> Result<Bytes, EncodeError> {
    let row = row(api).ok_or(EncodeError::NotServed { api, version })?;
    let mut out = BytesMut::new();
    (row.frame)(&mut out, Case { version, fill })?;
    Ok(out.freeze())
}

/// The body of a sample: what the guard and the decoders see.
///
/// # Errors
/// The api is not served in this version.
pub fn body(api: ApiKey, version: i16, fill: Fill) -> Result<Bytes, EncodeError> {
    let request = frame(api, version, fill)?.split_off(PREFIX_LEN);
    let Ok(Parsed::Served(header)) = parse(&request) else {
        return Err(EncodeError::NotServed { api, version });
    };
    Ok(request.slice(header.body_at..))
}

/// Decodes any served request and drops it: what fuzz targets and round trips call.
///
/// # Errors
/// As [`decode_request`].
pub fn decode_any(api: ApiKey, version: i16, body: Bytes) -> Result<(), DecodeError> {
    let row = row(api).ok_or(DecodeError::NotServed { api, version })?;
    (row.decode)(api, version, body)
}

/// A request type that can fill itself.
trait Sample: Request + 'static {
    fn sample(case: Case) -> Self;
}

struct Row {
    key: i16,
    frame: fn(&mut BytesMut, Case) -> Result<(), EncodeError>,
    decode: fn(ApiKey, i16, Bytes) -> Result<(), DecodeError>,
    #[cfg(test)]
    generated: fn(i16) -> Generated,
}

/// What the message crate says of a version of an api.
#[cfg(test)]
pub(crate) struct Generated {
    pub(crate) covers_request: bool,
    pub(crate) covers_response: bool,
    pub(crate) request_header: i16,
    pub(crate) response_header: i16,
}

/// What the message crate says of `version` of a served api.
#[cfg(test)]
pub(crate) fn generated(api: ApiKey, version: i16) -> Option<Generated> {
    row(api).map(|row| (row.generated)(version))
}

impl Row {
    const fn of<R: Sample>() -> Self {
        Self {
            key: R::KEY,
            frame: |out, case| {
                let (version, id) = (case.version, Some("sample"));
                encode_request(out, version, CORRELATION_ID, id, &R::sample(case))
            },
            decode: |api, version, body| decode_request::<R>(api, version, body).map(drop),
            #[cfg(test)]
            generated: |version| {
                let covers = |range: VersionRange| range.min <= version && version <= range.max;
                Generated {
                    covers_request: covers(R::VERSIONS),
                    covers_response: covers(<R::Response as Message>::VERSIONS),
                    request_header: R::header_version(version),
                    response_header: <R::Response as HeaderVersion>::header_version(version),
                }
            },
        }
    }
}

static ROWS: &[Row] = &[
    Row::of::<m::ProduceRequest>(),
    Row::of::<m::FetchRequest>(),
    Row::of::<m::ListOffsetsRequest>(),
    Row::of::<m::MetadataRequest>(),
    Row::of::<m::OffsetCommitRequest>(),
    Row::of::<m::OffsetFetchRequest>(),
    Row::of::<m::FindCoordinatorRequest>(),
    Row::of::<m::JoinGroupRequest>(),
    Row::of::<m::HeartbeatRequest>(),
    Row::of::<m::LeaveGroupRequest>(),
    Row::of::<m::SyncGroupRequest>(),
    Row::of::<m::DescribeGroupsRequest>(),
    Row::of::<m::ListGroupsRequest>(),
    Row::of::<m::SaslHandshakeRequest>(),
    Row::of::<m::ApiVersionsRequest>(),
    Row::of::<m::CreateTopicsRequest>(),
    Row::of::<m::DeleteTopicsRequest>(),
    Row::of::<m::DeleteRecordsRequest>(),
    Row::of::<m::InitProducerIdRequest>(),
    Row::of::<m::OffsetForLeaderEpochRequest>(),
    Row::of::<m::DescribeAclsRequest>(),
    Row::of::<m::CreateAclsRequest>(),
    Row::of::<m::DeleteAclsRequest>(),
    Row::of::<m::DescribeConfigsRequest>(),
    Row::of::<m::AlterConfigsRequest>(),
    Row::of::<m::AlterReplicaLogDirsRequest>(),
    Row::of::<m::DescribeLogDirsRequest>(),
    Row::of::<m::SaslAuthenticateRequest>(),
    Row::of::<m::CreatePartitionsRequest>(),
    Row::of::<m::CreateDelegationTokenRequest>(),
    Row::of::<m::RenewDelegationTokenRequest>(),
    Row::of::<m::ExpireDelegationTokenRequest>(),
    Row::of::<m::DescribeDelegationTokenRequest>(),
    Row::of::<m::DeleteGroupsRequest>(),
    Row::of::<m::ElectLeadersRequest>(),
    Row::of::<m::IncrementalAlterConfigsRequest>(),
    Row::of::<m::AlterPartitionReassignmentsRequest>(),
    Row::of::<m::ListPartitionReassignmentsRequest>(),
    Row::of::<m::OffsetDeleteRequest>(),
    Row::of::<m::DescribeClientQuotasRequest>(),
    Row::of::<m::AlterClientQuotasRequest>(),
    Row::of::<m::DescribeUserScramCredentialsRequest>(),
    Row::of::<m::DescribeQuorumRequest>(),
    Row::of::<m::UpdateFeaturesRequest>(),
    Row::of::<m::DescribeClusterRequest>(),
    Row::of::<m::DescribeProducersRequest>(),
    Row::of::<m::UnregisterBrokerRequest>(),
    Row::of::<m::ConsumerGroupHeartbeatRequest>(),
    Row::of::<m::ConsumerGroupDescribeRequest>(),
    Row::of::<m::GetTelemetrySubscriptionsRequest>(),
    Row::of::<m::PushTelemetryRequest>(),
    Row::of::<m::ListConfigResourcesRequest>(),
    Row::of::<m::DescribeTopicPartitionsRequest>(),
];

fn row(api: ApiKey) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.key == api as i16)
}

/// What a sample builder is asked for.
#[derive(Clone, Copy, Debug)]
struct Case {
    version: i16,
    fill: Fill,
}

impl Case {
    /// `count` elements, none where the sample is empty.
    fn list<T>(self, count: i32, element: impl FnMut(i32) -> T) -> Vec<T> {
        if self.fill == Fill::Empty { Vec::new() } else { (0..count).map(element).collect() }
    }

    fn nullable<T>(self, null_from: i16, value: T) -> Option<T> {
        if self.fill == Fill::Nulls && self.version >= null_from { None } else { Some(value) }
    }

    fn string(self, stem: &str, n: i32) -> StrBytes {
        let text = if self.fill == Fill::Empty { String::new() } else { format!("{stem}-{n}") };
        StrBytes::from_string(text)
    }

    fn topic(self, n: i32) -> TopicName {
        TopicName(self.string("topic", n))
    }

    fn id(n: i32) -> Uuid {
        Uuid::from_u128(0xa1b2_c3d4 + u128::from(n.cast_unsigned()))
    }

    /// Unknown tagged fields, as a newer client could send them, where `flexible_from` allows.
    fn tags(self, flexible_from: i16) -> BTreeMap<i32, Bytes> {
        if self.fill == Fill::Empty || self.version < flexible_from {
            return BTreeMap::new();
        }
        BTreeMap::from([
            (900, Bytes::from_static(b"")),
            (901, Bytes::from_static(b"from the future")),
        ])
    }
}

#[cfg(test)]
mod tests;

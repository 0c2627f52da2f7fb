//! The ApiVersions answer: which requests are served, and the cluster's features.
//!
//! Its header is always version 0 and a request in a version too new for us is answered in version
//! 0 (KIP-511, traps 1 to 4), because the client cannot know yet what we speak.

use bytes::BytesMut;
use kafka_protocol::messages::ApiVersionsResponse;
use kafka_protocol::messages::api_versions_response::{
    ApiVersion, FinalizedFeatureKey, SupportedFeatureKey,
};
use kafka_protocol::protocol::StrBytes;
use protocol_types::{ApiKey, ErrorCode};

use crate::error::EncodeError;
use crate::response::encode_response;
use crate::versions::{SERVED, ServedApi};

/// A feature's name and range of levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    pub name: &'static str,
    pub min_level: i16,
    pub max_level: i16,
}

/// The features the answer names (version 3 and above).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// What this broker could run.
    pub supported: Vec<Feature>,
    /// What the cluster has agreed on.
    pub finalized: Vec<Feature>,
    /// Grows with every change of `finalized`; `None` before the first is known.
    pub finalized_epoch: Option<i64>,
}

/// Appends the answer to a request in a version we serve.
///
/// # Errors
/// The version is not served.
pub fn encode(
    out: &mut BytesMut,
    version: i16,
    correlation_id: i32,
    features: &Features,
) -> Result<(), EncodeError> {
    let mut response =
        ApiVersionsResponse::default().with_api_keys(SERVED.iter().map(advertised).collect());
    if version >= 3 {
        response = response
            .with_supported_features(supported(&features.supported, version))
            .with_finalized_features_epoch(features.finalized_epoch.unwrap_or(-1))
            .with_finalized_features(finalized(&features.finalized));
    }
    encode_response(out, ApiKey::ApiVersions, version, correlation_id, &response)
}

/// Appends the answer to a request in a version too new for us: version 0, UNSUPPORTED_VERSION, and
/// the range of ApiVersions alone, with which the client asks again.
///
/// # Errors
/// Never in practice; the message has no field that version 0 cannot carry.
pub fn encode_downgrade(out: &mut BytesMut, correlation_id: i32) -> Result<(), EncodeError> {
    let own = SERVED.iter().filter(|api| api.key == ApiKey::ApiVersions);
    let response = ApiVersionsResponse::default()
        .with_error_code(ErrorCode::UnsupportedVersion.to_wire())
        .with_api_keys(own.map(advertised).collect());
    encode_response(out, ApiKey::ApiVersions, 0, correlation_id, &response)
}

fn advertised(api: &ServedApi) -> ApiVersion {
    ApiVersion::default()
        .with_api_key(api.key as i16)
        .with_min_version(api.advertised_min)
        .with_max_version(api.max)
}

/// Clients before version 4 refuse a minimum level of 0 (KAFKA-17011): such features stay hidden.
fn supported(features: &[Feature], version: i16) -> Vec<SupportedFeatureKey> {
    let visible = features.iter().filter(|feature| version >= 4 || feature.min_level > 0);
    visible
        .map(|feature| {
            SupportedFeatureKey::default()
                .with_name(StrBytes::from_static_str(feature.name))
                .with_min_version(feature.min_level)
                .with_max_version(feature.max_level)
        })
        .collect()
}

fn finalized(features: &[Feature]) -> Vec<FinalizedFeatureKey> {
    features
        .iter()
        .map(|feature| {
            FinalizedFeatureKey::default()
                .with_name(StrBytes::from_static_str(feature.name))
                .with_min_version_level(feature.min_level)
                .with_max_version_level(feature.max_level)
        })
        .collect()
}

#[cfg(test)]
mod tests;

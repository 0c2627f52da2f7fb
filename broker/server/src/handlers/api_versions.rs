//! ApiVersions: what this broker serves, and the cluster's features.
//!
//! A version too new for us never comes here: the connection answers it in version 0 (trap 2).

use broker_controller::features::SUPPORTED;
use broker_metadata::Image;
use bytes::BytesMut;
use protocol_types::ErrorCode;
use protocol_wire::{
    api_versions::{self, Feature, Features},
    decode::decode_request,
    error::{DecodeError, EncodeError},
    messages::{ApiVersionsRequest, ApiVersionsResponse},
    response::encode_response,
};

use crate::{
    ordinary::{Call, Running},
    request::RequestContext,
};

/// First version that carries the client's name and version.
const FIRST_CLIENT_SOFTWARE: i16 = 3;

/// Answers with the table of served apis; its own encoder, as it is the one answer whose header
/// does not follow from its version.
pub(crate) fn start(call: Call) -> Result<Running, DecodeError> {
    let context = call.context;
    let request: ApiVersionsRequest = decode_request(context.api, context.version, call.body)?;
    let valid = context.version < FIRST_CLIENT_SOFTWARE
        || (is_software_name(&request.client_software_name)
            && is_software_name(&request.client_software_version));
    if valid && context.version >= FIRST_CLIENT_SOFTWARE {
        let (name, version) = (&request.client_software_name, &request.client_software_version);
        // Said once; a client that says otherwise later is still the same connection.
        call.session.software.get_or_init(|| context.broker.software.enter(name, version));
    }
    Ok(Box::pin(async move { answer(&context, call.correlation_id, valid) }))
}

fn answer(
    context: &RequestContext,
    correlation_id: i32,
    valid: bool,
) -> Result<BytesMut, EncodeError> {
    let mut out = BytesMut::new();
    if valid {
        let features = features(&context.broker.image());
        api_versions::encode(&mut out, context.version, correlation_id, &features)?;
    } else {
        let refused = ApiVersionsResponse::default()
            .with_error_code(context.error(ErrorCode::InvalidRequest));
        encode_response(&mut out, context.api, context.version, correlation_id, &refused)?;
    }
    Ok(out)
}

/// What the cluster finalised is in its metadata, and how often that changed.
fn features(image: &Image) -> Features {
    let finalized = SUPPORTED.iter().filter_map(|feature| {
        let (_, level) = image.features().find(|(name, _)| *name == feature.name)?;
        Some(Feature { name: feature.name, min_level: level, max_level: level })
    });
    let supported = SUPPORTED.map(|feature| Feature {
        name: feature.name,
        min_level: feature.min,
        max_level: feature.max,
    });
    Features {
        supported: supported.to_vec(),
        finalized: finalized.collect(),
        finalized_epoch: Some(image.features_epoch()),
    }
}

/// Kafka's rule for a client's name and version (KIP-511).
fn is_software_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let bytes = name.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().copied().all(inner)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::handlers::fixture::Fixture;

    #[test]
    fn finalised_levels_are_ones_that_are_supported() {
        let features = features(&Fixture::new().controller.image());
        assert_eq!(features.finalized.len(), features.supported.len());
        for (supported, finalized) in features.supported.iter().zip(&features.finalized) {
            assert_eq!(supported.name, finalized.name);
            assert!((supported.min_level..=supported.max_level).contains(&finalized.max_level));
        }
    }

    #[rstest]
    #[case("apache-kafka-java", true)]
    #[case("4.3.1", true)]
    #[case("x", true)]
    #[case("", false)]
    #[case("-java", false)]
    #[case("librdkafka ", false)]
    #[case("a_b", false)]
    fn a_clients_name(#[case] name: &str, #[case] valid: bool) {
        assert_eq!(is_software_name(name), valid);
    }
}

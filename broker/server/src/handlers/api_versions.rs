//! ApiVersions: what this broker serves, and the cluster's features.
//!
//! A version too new for us never comes here: the connection answers it in version 0 (trap 2).

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
    dispatch::{Call, Running},
    request::RequestContext,
};

/// First version that carries the client's name and version.
const FIRST_CLIENT_SOFTWARE: i16 = 3;

/// Features this broker knows, with their lowest and highest level by Kafka's numbers: of
/// `metadata.version` 3.3-IV3 to 4.3-IV0.
const SUPPORTED: [Feature; 1] = [Feature { name: "metadata.version", min_level: 7, max_level: 30 }];

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

/// What the cluster finalised is in its metadata; the broker's own start counts its changes.
fn features(image: &Image) -> Features {
    let finalized = SUPPORTED.iter().filter_map(|feature| {
        let (_, level) = image.features().find(|(name, _)| *name == feature.name)?;
        Some(Feature { name: feature.name, min_level: level, max_level: level })
    });
    Features {
        supported: SUPPORTED.to_vec(),
        finalized: finalized.collect(),
        finalized_epoch: Some(i64::from(image.incarnation())),
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
    fn the_finalised_metadata_version_is_one_that_is_supported() {
        let features = features(&Fixture::new().controller.image());
        let [supported] = features.supported[..] else { panic!("{features:?}") };
        let [finalized] = features.finalized[..] else { panic!("{features:?}") };
        assert!((supported.min_level..=supported.max_level).contains(&finalized.max_level));
        assert_eq!(features.finalized_epoch, Some(1));
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

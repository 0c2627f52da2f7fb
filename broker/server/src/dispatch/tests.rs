use protocol_wire::versions::SERVED;

use super::*;

#[test]
fn every_served_api_has_a_row_and_no_other() {
    let served: Vec<ApiKey> = SERVED.iter().map(|served| served.key).collect();
    assert_eq!(apis().collect::<Vec<_>>(), served);
}

#[test]
fn only_what_concerns_the_client_itself_is_open_to_everybody() {
    let open: Vec<ApiKey> =
        TABLE.iter().filter(|row| row.operation.is_none()).map(|row| row.api).collect();
    assert_eq!(
        open,
        [
            ApiKey::SaslHandshake,
            ApiKey::ApiVersions,
            ApiKey::SaslAuthenticate,
            ApiKey::GetTelemetrySubscriptions,
            ApiKey::PushTelemetry
        ]
    );
}

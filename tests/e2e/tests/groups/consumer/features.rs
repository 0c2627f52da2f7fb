//! `group.version` decides whether the consumer protocol is served.

use anyhow::{Result, ensure};
use protocol_wire::messages::update_features_request::FeatureUpdateKey;
use protocol_wire::messages::{ApiVersionsRequest, UpdateFeaturesRequest, UpdateFeaturesResponse};
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;

use super::ask::{Member, client, describe, text};

fn update(
    client: &mut Client,
    feature: &str,
    level: i16,
    kind: i8,
) -> Result<UpdateFeaturesResponse> {
    let update = FeatureUpdateKey::default()
        .with_feature(text(feature))
        .with_max_version_level(level)
        .with_upgrade_type(kind);
    client.call(1, &UpdateFeaturesRequest::default().with_feature_updates(vec![update]))
}

/// Name and level of every finalised feature, and the epoch of all.
fn finalised(client: &mut Client) -> Result<(Vec<(String, i16)>, i64)> {
    let request = ApiVersionsRequest::default()
        .with_client_software_name(text("e2e"))
        .with_client_software_version(text("1"));
    let answer = client.call(4, &request)?;
    let features = answer.finalized_features.iter();
    let level = |feature: &protocol_wire::messages::api_versions_response::FinalizedFeatureKey| {
        (feature.name.to_string(), feature.max_version_level)
    };
    Ok((features.map(level).collect(), answer.finalized_features_epoch))
}

#[test]
fn without_the_feature_the_consumer_protocol_is_refused() -> Result<()> {
    let broker = Broker::start()?;
    let mut admin = client(&broker)?;
    admin.create_topic("t", 1, &[])?;
    let both = [("group.version".to_owned(), 1), ("metadata.version".to_owned(), 30)];
    let (features, epoch) = finalised(&mut admin)?;
    ensure!(features == both, "{features:?}");

    ensure!(update(&mut admin, "group.version", 0, 1)?.error_code == 95, "INVALID_UPDATE_VERSION");
    let down = update(&mut admin, "group.version", 0, 2)?;
    ensure!(down.error_code == 0 && down.results.len() == 1, "{down:?}");
    let said = down.results.iter().map(|result| result.error_message.as_deref());
    ensure!(said.eq([Some("NONE")]), "{down:?}");
    let (features, lower) = finalised(&mut admin)?;
    ensure!(features == both[1..] && lower > epoch, "{features:?} at {lower}");
    let mut member = Member::new(&broker, "a")?;
    ensure!(member.beat()?.error_code == 35, "UNSUPPORTED_VERSION");
    ensure!(describe(&mut admin, 1)?.error_code == 35);

    let broker = broker.kill()?.start()?;
    let mut admin = client(&broker)?;
    ensure!(finalised(&mut admin)?.0 == both[1..], "the level outlives the process");
    ensure!(update(&mut admin, "group.version", 1, 1)?.error_code == 0);
    let mut member = Member::new(&broker, "a")?;
    member.ok()?;
    ensure!(finalised(&mut admin)?.1 > lower, "the epoch only grows");
    Ok(())
}

//! UpdateFeatures: raising and lowering the cluster's finalised features, all or none.

use broker_controller::commands::update_features::{FeatureUpdate, UpdateFeatures, UpgradeType};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    UpdateFeaturesRequest, UpdateFeaturesResponse, update_features_response::UpdatableFeatureResult,
};

use super::wire_names::{text, told};
use crate::{
    blocking,
    request::RequestContext,
    security::{Authorized, Resource},
};

/// Up to here every feature has a result of its own.
const LAST_WITH_RESULTS: i16 = 1;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<UpdateFeaturesRequest>,
) -> UpdateFeaturesResponse {
    if !request.allows(Resource::Cluster) {
        return UpdateFeaturesResponse::default()
            .with_error_code(context.error(ErrorCode::ClusterAuthorizationFailed))
            .with_error_message(None);
    }
    let asked = request.request();
    let updates = asked.feature_updates.iter().map(|update| FeatureUpdate {
        name: update.feature.to_string(),
        level: update.max_version_level,
        kind: match (context.version, update.allow_downgrade, update.upgrade_type) {
            (0, true, _) | (1.., _, 2) => UpgradeType::SafeDowngrade,
            (0, false, _) | (1.., _, 1) => UpgradeType::Upgrade,
            (1.., _, 3) => UpgradeType::UnsafeDowngrade,
            _ => UpgradeType::Unknown,
        },
    });
    let command = UpdateFeatures { updates: updates.collect(), validate_only: asked.validate_only };
    match blocking::submit(&context.broker, command).await {
        Ok(()) if context.version > LAST_WITH_RESULTS => UpdateFeaturesResponse::default(),
        Ok(()) => {
            let results = asked.feature_updates.iter().map(|update| {
                // Kafka's word for no error.
                UpdatableFeatureResult::default()
                    .with_feature(update.feature.clone())
                    .with_error_message(Some(text("NONE")))
            });
            UpdateFeaturesResponse::default().with_results(results.collect())
        }
        Err(refusal) => {
            let why = "The update failed for all features since the following feature had an error";
            UpdateFeaturesResponse::default()
                .with_error_code(context.error(refusal.code))
                .with_error_message(Some(told(&format!("{why}: {}", refusal.message))))
        }
    }
}

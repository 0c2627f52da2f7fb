//! The rules for subscriptions to clients' metrics (KIP-714): one is there while it has a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use broker_metadata::{Record, Resource};
use broker_telemetry::{InvalidSubscription, KEYS, Subscription};
use protocol_types::ErrorCode;

use super::target::{Keys, Target};
use super::{Alteration, Facts, Mode};
use crate::error::CommandError;

pub(super) fn alter(
    name: &str,
    alterations: &[Alteration],
    mode: Mode,
    facts: &Facts<'_>,
) -> Result<Vec<Record>, CommandError> {
    if name.is_empty() {
        return Err(CommandError::invalid_request("Subscription name can't be empty"));
    }
    let none = BTreeMap::new();
    let values = facts.image.client_metrics().get(name).map_or(&none, |values| &**values);
    let target = Target { resource: Resource::ClientMetrics(Arc::from(name)), values };
    let (after, records) = target.apply(alterations, mode, &SubscriptionKeys)?;
    Subscription::parse(&after).map_err(|error| refusal(&error))?;
    Ok(records)
}

struct SubscriptionKeys;

impl Keys for SubscriptionKeys {
    fn is_list(&self, name: &str) -> bool {
        KEYS.iter().any(|key| key.name == name && key.is_list)
    }

    fn default(&self, name: &str) -> Option<String> {
        KEYS.iter().find(|key| key.name == name).map(|key| key.default.to_owned())
    }
}

fn refusal(error: &InvalidSubscription) -> CommandError {
    let code = match error {
        InvalidSubscription::UnknownKey(_) | InvalidSubscription::Interval(_) => {
            ErrorCode::InvalidRequest
        }
        InvalidSubscription::NotANumber(_) | InvalidSubscription::Pattern(_) => {
            ErrorCode::InvalidConfig
        }
    };
    CommandError::new(code, error.to_string())
}

//! UpdateFeatures: raising and lowering the finalised levels of features, all or none.
//!
//! The words are Kafka's (release 4.3.1), as `kafka-features` shows them.

use broker_metadata::Record;
use protocol_types::ErrorCode;

use super::{Command, Decision, Facts};
use crate::error::CommandError;
use crate::features::{METADATA_VERSION, supported};

#[cfg(test)]
mod tests;

/// What a change of level is meant as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeType {
    Upgrade,
    /// Only if no metadata is lost.
    SafeDowngrade,
    UnsafeDowngrade,
    /// A number Kafka has not given out.
    Unknown,
}

/// One feature's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureUpdate {
    pub name: String,
    /// 0 takes the feature back.
    pub level: i16,
    pub kind: UpgradeType,
}

/// The command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateFeatures {
    pub updates: Vec<FeatureUpdate>,
    pub validate_only: bool,
}

impl Command for UpdateFeatures {
    type Outcome = ();

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<()>, CommandError> {
        let mut records = Vec::new();
        for update in &self.updates {
            check(update, facts)?;
            let level = update.level;
            records.push(Record::FeatureLevel { name: update.name.as_str().into(), level });
        }
        if self.validate_only {
            records.clear();
        }
        Ok(Decision { records, outcome: () })
    }
}

fn check(update: &FeatureUpdate, facts: &Facts<'_>) -> Result<(), CommandError> {
    let FeatureUpdate { name, level, kind } = update;
    let invalid = |why: &str| {
        Err(refuse(format!("Invalid update version {level} for feature {name}. {why}")))
    };
    if *kind == UpgradeType::Unknown {
        return invalid("The controller does not support the given upgrade type.");
    }
    if *level < 0 {
        return invalid("A feature version cannot be less than 0.");
    }
    let node = facts.image.node().0;
    match supported(name) {
        Some(feature) if (feature.min..=feature.max).contains(level) => {}
        Some(feature) => {
            let (min, max) = (feature.min, feature.max);
            return invalid(&format!("Local controller {node} only supports versions {min}-{max}"));
        }
        // A feature that is not known is one that has level 0 alone.
        None if *level == 0 => {}
        None => {
            return invalid(&format!("Local controller {node} does not support this feature."));
        }
    }
    let current = facts.image.feature(name);
    if *level < current && *kind == UpgradeType::Upgrade {
        return invalid(
            "Can't downgrade the version of this feature without setting the upgrade type to \
             either safe or unsafe downgrade.",
        );
    }
    if *level > current && *kind != UpgradeType::Upgrade {
        return invalid("Can't downgrade to a newer version.");
    }
    if name == METADATA_VERSION && *level < current {
        return Err(refuse(metadata_downgrade(current, *level, *kind)));
    }
    Ok(())
}

/// Kafka's metadata changed with its newest level (4.3-IV0), so there is no way back.
fn metadata_downgrade(from: i16, to: i16, kind: UpgradeType) -> String {
    let why = if kind == UpgradeType::UnsafeDowngrade {
        "Unsafe metadata downgrade is not supported in this version."
    } else {
        "Refusing to perform the requested downgrade because it might delete metadata information."
    };
    format!("Unsupported metadata.version downgrade from {from} to {to}. {why}")
}

fn refuse(message: String) -> CommandError {
    CommandError::new(ErrorCode::InvalidUpdateVersion, message)
}

//! The features this broker knows, with their lowest and highest levels by Kafka's numbers.
//!
//! A feature is named once all its levels are served whole. Finalised levels are metadata.

/// One feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    pub name: &'static str,
    pub min: i16,
    pub max: i16,
}

/// Kafka's metadata format; its levels are those of 3.3-IV3 to 4.3-IV0.
pub const METADATA_VERSION: &str = "metadata.version";

/// Level 1: groups of the consumer protocol (KIP-848).
pub const GROUP_VERSION: &str = "group.version";

/// Every feature, in the order of its name. A fresh cluster finalises the highest level of each.
pub const SUPPORTED: [Feature; 2] = [
    Feature { name: GROUP_VERSION, min: 0, max: 1 },
    Feature { name: METADATA_VERSION, min: 7, max: 30 },
];

/// The feature of that name.
#[must_use]
pub fn supported(name: &str) -> Option<&'static Feature> {
    SUPPORTED.iter().find(|feature| feature.name == name)
}

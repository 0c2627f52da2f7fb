//! Boot: a broker starts. Its incarnation is the leader epoch of the partitions it leads.

use broker_metadata::{ClusterId, Record};
use protocol_types::ErrorCode;

use super::{Command, Decision, Facts};
use crate::error::CommandError;
use crate::features::{Feature, SUPPORTED};

/// The command; once per start of the process, before anything is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boot;

/// Who this broker is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booted {
    pub cluster: ClusterId,
    /// From 1.
    pub incarnation: u32,
    /// Identity of this storage, drawn at the first boot.
    pub storage: [u8; 16],
}

impl Command for Boot {
    type Outcome = Booted;

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<Booted>, CommandError> {
        let image = facts.image;
        let mut records = Vec::new();
        let cluster = image.cluster().unwrap_or_else(|| {
            let cluster = ClusterId((facts.new_id)());
            records.push(Record::ClusterCreated { cluster });
            let level = |feature: Feature| Record::FeatureLevel {
                name: feature.name.into(),
                level: feature.max,
            };
            records.extend(SUPPORTED.map(level));
            cluster
        });
        let node = image.node();
        if let Some((other, _)) = image.brokers().find(|(id, _)| *id != node) {
            return Err(CommandError::new(
                ErrorCode::DuplicateBrokerRegistration,
                format!(
                    "this data directory belongs to node.id {}, but node.id is {}; start with \
                     that node.id, or with another data directory",
                    other.0, node.0
                ),
            ));
        }
        let before = image.broker(node);
        let incarnation = before.map_or(0, |broker| broker.incarnation).checked_add(1);
        let incarnation =
            incarnation.filter(|n| *n <= i32::MAX.unsigned_abs()).ok_or_else(|| {
                CommandError::new(ErrorCode::UnknownServerError, "all incarnations are used up")
            })?;
        let storage = before.map_or_else(|| (facts.new_id)(), |broker| broker.storage);
        let at_ms = facts.now.0;
        records.push(Record::BrokerBoot { broker: node, incarnation, storage, at_ms });
        Ok(Decision { records, outcome: Booted { cluster, incarnation, storage } })
    }
}

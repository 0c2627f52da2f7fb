//! AlterClientQuotas: quotas of users, client ids and addresses.
//!
//! Checks and messages are Apache Kafka's, with one difference: an address must be one, host names
//! are not looked up (the image would depend on a name server).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use broker_metadata::{EntityName, EntityType, QuotaEntity, QuotaValue, Record};
use protocol_types::ErrorCode;

use super::{Command, Decision, Facts};
use crate::error::CommandError;

#[cfg(test)]
mod tests;

/// Whom a request names: type and name of each part; no name stands for the default.
pub type NamedEntity = BTreeMap<String, Option<String>>;

/// The changes of one entity's quotas; no value removes a quota.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaAlteration {
    pub entity: NamedEntity,
    pub ops: Vec<(String, Option<f64>)>,
}

/// The command.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterClientQuotas {
    pub alterations: Vec<QuotaAlteration>,
    pub validate_only: bool,
}

/// One result per distinct entity, in the order of the request.
pub type Outcome = Vec<(NamedEntity, Result<(), CommandError>)>;

/// What values of a key may be.
#[derive(Clone, Copy)]
enum Kind {
    Double,
    Int,
    Long,
}

const CLIENT_KEYS: &[(&str, Kind)] = &[
    ("producer_byte_rate", Kind::Long),
    ("consumer_byte_rate", Kind::Long),
    ("request_percentage", Kind::Double),
    ("controller_mutation_rate", Kind::Double),
];

const IP_KEYS: &[(&str, Kind)] = &[("connection_creation_rate", Kind::Int)];

impl Command for AlterClientQuotas {
    type Outcome = Outcome;

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<Outcome>, CommandError> {
        let mut records = Vec::new();
        let mut outcome: Outcome = Vec::new();
        let mut places: BTreeMap<NamedEntity, usize> = BTreeMap::new();
        for QuotaAlteration { entity, ops } in self.alterations {
            let mut seen = BTreeSet::new();
            let keys_repeat = !ops.iter().all(|(key, _)| seen.insert(key.as_str()));
            let before = places.get(&entity).and_then(|at| outcome.get_mut(*at));
            let result = if keys_repeat || before.is_some() {
                let message = format!("Ignoring duplicate entity {}", shown(&entity));
                Err(CommandError::invalid_request(message))
            } else {
                alter(&entity, &ops, facts).map(|new| records.extend(new))
            };
            match before {
                // As in Kafka, what came first stays done.
                Some((_, before)) => *before = result,
                None => {
                    places.insert(entity.clone(), outcome.len());
                    outcome.push((entity, result));
                }
            }
        }
        if self.validate_only {
            records.clear();
        }
        Ok(Decision { records, outcome })
    }
}

fn alter(
    named: &NamedEntity,
    ops: &[(String, Option<f64>)],
    facts: &Facts<'_>,
) -> Result<Vec<Record>, CommandError> {
    let entity = check_entity(named)?;
    let keys = keys(&entity)?;
    let current = facts.image.quotas().get(&entity);
    let mut records = Vec::new();
    for (key, value) in ops {
        let current = current.and_then(|quotas| quotas.get(key.as_str()).copied());
        let value = match value {
            None => None,
            Some(value) => {
                check_value(keys, key, *value)?;
                Some(QuotaValue(*value))
            }
        };
        if value != current {
            let (entity, key) = (entity.clone(), Arc::from(key.as_str()));
            records.push(Record::ClientQuota { entity, key, value });
        }
    }
    Ok(records)
}

fn check_entity(named: &NamedEntity) -> Result<QuotaEntity, CommandError> {
    let mut entity = QuotaEntity::default();
    if named.is_empty() {
        return Err(CommandError::invalid_request("Invalid empty client quota entity"));
    }
    for (kind, name) in named {
        let Some(known) = EntityType::from_name(kind) else {
            let message = format!("Unhandled client quota entity type: {kind}");
            return Err(CommandError::invalid_request(message));
        };
        if name.as_deref() == Some("") {
            return Err(CommandError::invalid_request(format!("Empty {kind} not supported")));
        }
        entity.set(known, EntityName::of(name.as_deref()));
    }
    Ok(entity)
}

fn keys(entity: &QuotaEntity) -> Result<&'static [(&'static str, Kind)], CommandError> {
    let Some(ip) = &entity.ip else { return Ok(CLIENT_KEYS) };
    if entity.user.is_some() || entity.client_id.is_some() {
        return Err(CommandError::invalid_request(
            "Invalid quota entity combination, IP entity shouldnot be combined with User or \
             ClientId",
        ));
    }
    if let Some(ip) = ip.name()
        && ip.parse::<IpAddr>().is_err()
    {
        let message = format!("{ip} is not a valid IP or resolvable host.");
        return Err(CommandError::invalid_request(message));
    }
    Ok(IP_KEYS)
}

fn check_value(keys: &[(&str, Kind)], key: &str, value: f64) -> Result<(), CommandError> {
    let refuse = |message: String| Err(CommandError::new(ErrorCode::InvalidRequest, message));
    let Some((_, kind)) = keys.iter().find(|(known, _)| *known == key) else {
        return refuse(format!("Invalid configuration key {key}"));
    };
    if value.is_nan() || value <= 0.0 {
        return refuse(format!("Quota {key} must be greater than 0"));
    }
    /// 2^63: no `f64` lies between it and the largest `i64`.
    const LONG_MAX: f64 = 9_223_372_036_854_775_808.0;
    let (max, name) = match kind {
        Kind::Double => return Ok(()),
        Kind::Int => (f64::from(i32::MAX), "an INT"),
        Kind::Long => (LONG_MAX, "a LONG"),
    };
    if value > max {
        return refuse(format!("Proposed value for {key} is too large for {name}."));
    }
    if value.fract().abs() > 1e-6 {
        return refuse(format!("{key} cannot be a fractional value."));
    }
    Ok(())
}

/// An entity as Kafka writes it.
fn shown(entity: &NamedEntity) -> String {
    let part = |(kind, name): (&String, &Option<String>)| {
        format!("{kind}={}", name.as_deref().unwrap_or("null"))
    };
    let parts: Vec<String> = entity.iter().map(part).collect();
    format!("ClientQuotaEntity(entries={{{}}})", parts.join(", "))
}

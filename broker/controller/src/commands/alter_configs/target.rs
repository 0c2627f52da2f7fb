//! The values of one resource, before and after its alterations.

use std::collections::{BTreeMap, BTreeSet};

use broker_metadata::{Record, Resource};
use protocol_types::ErrorCode;

use super::{Alteration, Mode, Operation};
use crate::error::CommandError;

/// Longest value of a key, in bytes: Kafka's bound.
const VALUE_MAX: usize = 32_767;

/// Where the values of a resource stand now.
pub(super) struct Target<'a> {
    pub(super) resource: Resource,
    pub(super) values: &'a BTreeMap<String, String>,
}

/// What the resource's kind says of a key.
pub(super) trait Keys {
    fn is_list(&self, name: &str) -> bool;
    /// What a list that is not set is edited from.
    fn default(&self, name: &str) -> Option<String>;
}

/// The values after the alterations, and the records that make them so.
pub(super) type Altered = (BTreeMap<String, String>, Vec<Record>);

impl Target<'_> {
    /// A broker's values are written even where they do not change: setting one again makes it
    /// take effect again.
    pub(super) fn apply(
        &self,
        alterations: &[Alteration],
        mode: Mode,
        keys: &dyn Keys,
    ) -> Result<Altered, CommandError> {
        let mut after = self.values.clone();
        let mut records = Vec::new();
        for Alteration { name, operation, value } in alterations {
            let given = value.as_deref().unwrap_or_default();
            let before = self.values.get(name).cloned();
            let new = match operation {
                Operation::Set => Some(given.to_owned()),
                Operation::Delete | Operation::Unknown(_) => None,
                Operation::Append | Operation::Subtract => {
                    if !keys.is_list(name) {
                        return Err(self.not_a_list(name, operation));
                    }
                    let current = before.clone().or_else(|| keys.default(name));
                    Some(edit_list(&current.unwrap_or_default(), operation, given))
                }
            };
            if new.as_ref().is_some_and(|value| value.len() > VALUE_MAX) {
                return Err(too_long());
            }
            if new == before && !self.is_broker() {
                continue;
            }
            let (resource, name) = (self.resource.clone(), name.clone());
            records.push(match new {
                Some(value) => {
                    after.insert(name.clone(), value.clone());
                    Record::ConfigSet { resource, name, value }
                }
                None => {
                    after.remove(&name);
                    Record::ConfigRemoved { resource, name }
                }
            });
        }
        if mode == Mode::Replace {
            self.remove_the_rest(alterations, &mut after, &mut records);
        }
        Ok((after, records))
    }

    fn remove_the_rest(
        &self,
        alterations: &[Alteration],
        after: &mut BTreeMap<String, String>,
        records: &mut Vec<Record>,
    ) {
        let named = |key: &String| alterations.iter().any(|alteration| alteration.name == *key);
        for name in self.values.keys().filter(|key| !named(key)) {
            after.remove(name);
            let (resource, name) = (self.resource.clone(), name.clone());
            records.push(Record::ConfigRemoved { resource, name });
        }
    }

    const fn is_broker(&self) -> bool {
        matches!(self.resource, Resource::Broker(_) | Resource::AllBrokers)
    }

    /// Kafka has a wording each for brokers and for everything else.
    fn not_a_list(&self, name: &str, operation: &Operation) -> CommandError {
        let append = *operation == Operation::Append;
        let message = if self.is_broker() {
            let verb = if append { "append" } else { "subtract" };
            format!("Config value {verb} is not allowed for config key: {name}")
        } else {
            let verb = if append { "APPEND" } else { "SUBTRACT" };
            format!("Can't {verb} to key {name} because its type is not LIST.")
        };
        CommandError::new(ErrorCode::InvalidConfig, message)
    }
}

fn too_long() -> CommandError {
    CommandError::new(
        ErrorCode::InvalidConfig,
        format!(
            "The configuration value cannot be added because it exceeds the maximum value size \
             of {VALUE_MAX} bytes."
        ),
    )
}

fn edit_list(current: &str, operation: &Operation, given: &str) -> String {
    let mut items: Vec<&str> = current.split(',').filter(|item| !item.is_empty()).collect();
    // By sets: a client's list may be as long as its request.
    if *operation == Operation::Subtract {
        let given: BTreeSet<&str> = split(given).collect();
        items.retain(|item| !given.contains(item));
    } else {
        let mut listed: BTreeSet<&str> = items.iter().copied().collect();
        items.extend(split(given).filter(|item| listed.insert(item)));
    }
    items.join(",")
}

/// As Java splits: no empty items at the end, but the empty text is one.
fn split(given: &str) -> impl Iterator<Item = &str> {
    let kept = given.trim_end_matches(',');
    let is_nothing = kept.is_empty() && !given.is_empty();
    kept.split(',').filter(move |_| !is_nothing)
}

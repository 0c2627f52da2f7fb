//! The rules for a topic's own values.

use std::collections::BTreeMap;

use broker_metadata::{Record, Resource};
use config::{Kind, topic_key, validate_topic};
use protocol_types::{ErrorCode, TopicId};

use super::target::{Keys, Target};
use super::{Alteration, Facts, Mode, topic_name};
use crate::error::CommandError;

pub(super) fn alter(
    name: &str,
    alterations: &[Alteration],
    mode: Mode,
    facts: &Facts<'_>,
) -> Result<Vec<Record>, CommandError> {
    if name.is_empty() {
        return Err(CommandError::invalid_request("Default topic resources are not allowed."));
    }
    topic_name::validate(name)?;
    let found = facts.image.topic(name);
    let none = BTreeMap::new();
    let values = found.map_or(&none, |topic| &*topic.overrides);
    let id = found.map_or(TopicId::ZERO, |topic| topic.id);
    let target = Target { resource: Resource::Topic(id), values };
    let (after, records) = target.apply(alterations, mode, &TopicKeys)?;
    validate_topic(&after, facts.image.layers(), facts.config.topic_limits())?;
    // As in Kafka, a bad value is reported before a missing topic.
    if found.is_none() {
        return Err(CommandError::new(
            ErrorCode::UnknownTopicOrPartition,
            format!("The topic '{name}' does not exist."),
        ));
    }
    Ok(records)
}

struct TopicKeys;

impl Keys for TopicKeys {
    fn is_list(&self, name: &str) -> bool {
        topic_key(name).is_some_and(|key| key.kind == Kind::List)
    }

    fn default(&self, name: &str) -> Option<String> {
        topic_key(name).map(|key| key.default.to_owned())
    }
}

//! The rules for a group's own values. A group need not exist to have some.

use std::collections::BTreeMap;

use broker_metadata::{Record, Resource};
use config::{Kind, group_key, validate_group};

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
        return Err(CommandError::invalid_request("Default group resources are not allowed."));
    }
    let none = BTreeMap::new();
    let values = facts.image.group_config(name).map_or(&none, |values| &**values);
    let target = Target { resource: Resource::Group(name.into()), values };
    let (after, records) = target.apply(alterations, mode, &GroupKeys)?;
    validate_group(&after, facts.image.layers())?;
    Ok(records)
}

struct GroupKeys;

impl Keys for GroupKeys {
    fn is_list(&self, name: &str) -> bool {
        group_key(name).is_some_and(|key| key.kind == Kind::List)
    }

    fn default(&self, name: &str) -> Option<String> {
        group_key(name).map(|key| key.default.to_owned())
    }
}

//! When which group wants to be called: one instant for each group, ordered.

use std::collections::BTreeSet;
use std::sync::Arc;

use broker_env::HashMap;
use protocol_types::Instant;

use crate::group::GroupId;

#[cfg(test)]
mod tests;

/// See the module documentation.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    ordered: BTreeSet<(Instant, GroupId)>,
    of: HashMap<GroupId, Instant>,
}

impl Deadlines {
    /// The group wants to be called at `at`, or not at all.
    pub(crate) fn set(&mut self, group: &GroupId, at: Option<Instant>) {
        let before = self.of.get(group).copied();
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.ordered.remove(&(before, Arc::clone(group)));
            self.of.remove(group);
        }
        if let Some(at) = at {
            self.ordered.insert((at, Arc::clone(group)));
            self.of.insert(Arc::clone(group), at);
        }
    }

    /// The earliest instant anyone asked for.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.ordered.first().map(|(at, _)| *at)
    }

    /// Takes a group whose time has come.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<GroupId> {
        if self.next()? > now {
            return None;
        }
        let (_, group) = self.ordered.pop_first()?;
        self.of.remove(&group);
        Some(group)
    }
}

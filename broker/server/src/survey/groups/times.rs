//! When the first record was written that a group has not committed: looked up in its partition, a
//! bounded number in each survey.
//!
//! A committed offset that moved has to be looked up again. Where more of them move than one survey looks up,
//! the next goes on where it stopped, so that each has its turn; until then the record before it stands
//! for it, whose age is never too small. One that never had its turn has no time rather than a wrong one.

use std::{collections::BTreeMap, sync::Arc};

use protocol_types::{LocalId, Offset, Timestamp};

#[cfg(test)]
mod tests;

/// Offsets that are looked up in one survey.
const LOOKUPS_MAX: usize = 200;

/// A record whose time is wanted: the first that a group has not committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) group: Arc<str>,
    pub(super) partition: LocalId,
    pub(super) from: Offset,
}

type Key = (Arc<str>, LocalId);

/// See the module documentation.
#[derive(Debug, Default)]
pub(in crate::survey) struct LagTimes {
    /// What was found last, and from which offset on.
    known: BTreeMap<Key, (Offset, Option<Timestamp>)>,
    /// Who had the last turn.
    last: Option<Key>,
}

impl LagTimes {
    /// What this survey looks up of all that is `wanted`; forgets who wants nothing more.
    pub(super) fn turns(&mut self, wanted: &[Wanted]) -> Vec<Wanted> {
        let wanted: BTreeMap<Key, &Wanted> = wanted.iter().map(|of| (of.key(), of)).collect();
        self.known.retain(|key, _| wanted.contains_key(key));
        let is_due =
            |key: &Key, from: Offset| self.known.get(key).is_none_or(|(known, _)| *known != from);
        let mut due: Vec<(&Key, &&Wanted)> =
            wanted.iter().filter(|(key, of)| is_due(key, of.from)).collect();
        let had_turns =
            due.partition_point(|(key, _)| self.last.as_ref().is_some_and(|last| *key <= last));
        due.rotate_left(had_turns);
        due.truncate(LOOKUPS_MAX);
        if let Some((last, _)) = due.last() {
            self.last = Some(Key::clone(last));
        }
        due.into_iter().map(|(_, of)| Wanted::clone(of)).collect()
    }

    /// What was looked up: the time of the first record from there on, if there is one.
    pub(super) fn learn(&mut self, of: &Wanted, time: Option<Timestamp>) {
        self.known.insert(of.key(), (of.from, time));
    }

    /// The time of the record, or of one before it; `None` if it is not known or there is none.
    pub(super) fn of(&self, wanted: &Wanted) -> Option<Timestamp> {
        self.known.get(&wanted.key()).and_then(|(_, time)| *time)
    }
}

impl Wanted {
    fn key(&self) -> Key {
        (Arc::clone(&self.group), self.partition)
    }
}

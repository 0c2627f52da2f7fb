//! Requests of tools about groups of any protocol: list, describe, delete.

use std::sync::Arc;

use broker_coordinator::{Now, Outcome};
use protocol_types::ErrorCode;

use super::GroupMachine;
use crate::{
    classic::{Context, Described},
    group::{Group, GroupId},
    request::{GroupFilter, ListedGroup, NotClassic, Reply, Surveyed},
};

impl GroupMachine {
    pub(super) fn list(&self, filter: &GroupFilter) -> Vec<ListedGroup> {
        let listed = self.groups.iter().map(|(id, group)| group.listed(id));
        listed.filter(|group| filter.passes(group)).collect()
    }

    /// What metrics show of every group.
    pub(super) fn survey(&self) -> Vec<Surveyed> {
        let survey = |(id, group): (&GroupId, &Group)| {
            let (members, generation) = match group {
                Group::Classic(group) => (group.member_count(), group.generation()),
                // Its first epoch was no rebalance.
                Group::Consumer(group) => (group.members().len(), group.epoch() - 1),
            };
            let offsets = self.offsets.of_group(id).map(|(topic, partition, committed)| {
                (Arc::clone(topic), partition, committed.offset)
            });
            Surveyed {
                id: Arc::clone(id),
                state: group.listed(id).state,
                members: u32::try_from(members).unwrap_or(u32::MAX),
                rebalances: u32::try_from(generation).unwrap_or(0),
                offsets: offsets.collect(),
            }
        };
        self.groups.iter().map(survey).collect()
    }

    pub(super) fn describe(&self, id: &GroupId) -> Result<Described, NotClassic> {
        match self.groups.get(id) {
            Some(Group::Classic(group)) => Ok(group.describe()),
            Some(Group::Consumer(_)) => Err(NotClassic::OtherType),
            None => Err(NotClassic::Missing),
        }
    }

    /// Deletes a group without members, with its offsets.
    ///
    /// # Errors
    /// With what the client is told.
    pub(super) fn delete(
        &mut self,
        now: Now,
        id: &GroupId,
        out: &mut Outcome<Reply>,
    ) -> Result<(), ErrorCode> {
        let group = self.groups.get_mut(id).ok_or(ErrorCode::GroupIdNotFound)?;
        group.validate_delete()?;
        self.offsets.bury_group(id, &mut out.records);
        group.tombstones(&mut out.records);
        match group {
            Group::Consumer(_) => {}
            Group::Classic(group) => {
                group.retire(
                    ErrorCode::GroupIdNotFound,
                    &mut Context { now, config: &self.config, out },
                );
            }
        }
        // The tombstone's replay finds it gone.
        self.groups.remove(id);
        self.settle(id);
        Ok(())
    }
}

impl GroupFilter {
    fn passes(&self, group: &ListedGroup) -> bool {
        let any = |wanted: &[String], is: &str| {
            wanted.is_empty() || wanted.iter().any(|name| name.trim().eq_ignore_ascii_case(is))
        };
        any(&self.states, group.state) && any(&self.types, group.kind)
    }
}

#[cfg(test)]
mod tests;

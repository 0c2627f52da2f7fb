//! From records back to groups, while a shard loads.

use super::group::Group;
use super::member::{Current, Member, MemberId};
use crate::records::consumer::Fact;

/// What a record means for the table of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    Kept,
    /// The group is no more.
    Gone,
}

impl Group {
    /// Takes in a record that was read back. Nothing of it is written again; the indexes are built
    /// when the shard has [loaded](Self::loaded).
    pub(crate) fn replay(&mut self, fact: Fact) -> Replayed {
        match fact {
            Fact::Group(None) => return Replayed::Gone,
            Fact::Group(Some((epoch, hash))) => {
                self.epoch = epoch;
                self.metadata_hash = hash;
            }
            Fact::PartitionMetadata => {}
            Fact::Member(id, Some(subscription)) => {
                self.entry(&id).subscription = subscription;
            }
            Fact::Member(id, None) => {
                self.members.remove(id.as_str());
            }
            Fact::TargetEpoch(epoch) => {
                (self.target_epoch, self.target_at_ms) = epoch.unwrap_or_default();
            }
            Fact::Target(id, Some(partitions)) => {
                self.target.insert(id.into(), partitions);
            }
            Fact::Target(id, None) => {
                self.target.remove(id.as_str());
            }
            Fact::Current(id, Some(current)) => self.entry(&id).current = current,
            Fact::Current(id, None) => {
                if let Some(member) = self.members.get_mut(id.as_str()) {
                    member.current = Current::default();
                }
            }
            Fact::Regex(text, Some(resolved)) => {
                self.regexes.insert(text, resolved);
            }
            Fact::Regex(text, None) => {
                self.regexes.remove(&text);
            }
        }
        Replayed::Kept
    }

    fn entry(&mut self, id: &str) -> &mut Member {
        self.members.entry(MemberId::from(id)).or_default()
    }
}

//! A group as records: what is written of it again, what buries it, and what a load makes of it.
//!
//! Whatever changes hard state pushes the record of the change where it changes it; here is what
//! concerns all of them. [`Group::replay`] takes in single records.

use broker_coordinator::{Now, Record};

use super::config::ConsumerConfig;
use super::group::Group;
use super::member::MemberId;
use super::timers::{Timer, Timers};
use crate::records::consumer as records;

impl Group {
    /// Tombstones of everything: the group ends, or becomes one of the other protocol.
    pub fn bury(&self, out: &mut Vec<Record>) {
        let id = &self.id;
        out.extend(self.members.keys().map(|member| records::current_gone(id, member)));
        out.extend(self.members.keys().map(|member| records::target_gone(id, member)));
        out.push(records::target_epoch_gone(id));
        out.extend(self.members.keys().map(|member| records::member_gone(id, member)));
        out.extend(self.regexes.keys().map(|regex| records::regex_gone(id, regex)));
        out.push(records::group_gone(id));
    }

    /// Every record that is still true, in an order that depends on the keys alone.
    pub fn live_records(&self, visit: &mut dyn FnMut(Record)) {
        let id = &self.id;
        for (member, of) in &self.members {
            visit(records::member(id, member, &of.subscription));
        }
        visit(records::group(id, self.epoch, self.metadata_hash));
        for (member, target) in &self.target {
            visit(records::target(id, member, target));
        }
        visit(records::target_epoch(id, self.target_epoch, self.target_at_ms));
        for (member, of) in &self.members {
            visit(records::current(id, member, &of.current));
        }
        for (regex, resolved) in &self.regexes {
            visit(records::regex(id, regex, resolved));
        }
    }

    /// All records were replayed: indexes the owners, and gives every member its full time.
    pub fn loaded(&mut self, now: Now, config: &ConsumerConfig) {
        self.owners.clear();
        self.statics.clear();
        self.timers = Timers::default();
        for (id, mut member) in std::mem::take(&mut self.members) {
            // Records may come from elsewhere, and theirs must not give a partition two owners.
            for owned in [&mut member.current.assigned, &mut member.current.revoking] {
                *owned = self.first_owned(&id, owned);
            }
            if let Some(instance) = &member.subscription.instance {
                self.statics.insert(instance.clone(), MemberId::clone(&id));
            }
            let session = member.session_timeout_ms(config);
            self.timers.set(&id, Timer::Session, now.after_millis(session));
            self.watch_revocation(now, &id, &member);
            self.members.insert(id, member);
        }
        self.target.retain(|id, _| self.members.contains_key(id));
        self.regexes_stale = true;
    }

    /// Whether a restart would know the same: the hard state alone is compared.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        self.id == other.id
            && self.epoch == other.epoch
            && self.metadata_hash == other.metadata_hash
            && self.target_epoch == other.target_epoch
            && self.target_at_ms == other.target_at_ms
            && self.members == other.members
            && self.target == other.target
            && self.regexes == other.regexes
            && self.owners == other.owners
            && self.statics == other.statics
    }
}

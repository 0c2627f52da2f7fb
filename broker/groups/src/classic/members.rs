//! The members of a group, with what must be known of all of them without looking at each.
//!
//! Counters are kept for protocols and waiting joins, deadlines are kept sorted: a group of 7,000
//! members joins in n log n (trap 84). Invariants: a protocol's count is the number of members that
//! support it; `joining` is the number of members that wait in a join; an instance id leads to one
//! member; the leader is a member. Iteration is in the order of ids, so that runs repeat.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use broker_coordinator::Token;
use broker_env::HashMap;
use protocol_types::Instant;

use super::{member::Member, request::Protocol};

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Members {
    by_id: BTreeMap<Arc<str>, Member>,
    by_instance: BTreeMap<Arc<str>, Arc<str>>,
    leader: Option<Arc<str>>,
    supporters: HashMap<Arc<str>, usize>,
    joining: usize,
    expiries: BTreeSet<(Instant, Arc<str>)>,
}

impl Members {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Member> {
        self.by_id.get(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.by_id.values()
    }

    pub(super) const fn leader(&self) -> Option<&Arc<str>> {
        self.leader.as_ref()
    }

    pub(super) fn is_leader(&self, id: &str) -> bool {
        self.leader.as_deref() == Some(id)
    }

    /// The member behind an instance id.
    pub(super) fn by_instance(&self, instance_id: &str) -> Option<&Arc<str>> {
        self.by_instance.get(instance_id)
    }

    /// Members that wait in a join.
    pub(super) const fn joining(&self) -> usize {
        self.joining
    }

    pub(super) fn all_joining(&self) -> bool {
        self.joining == self.by_id.len()
    }

    /// The longest time a member asks a rebalance to wait.
    pub(super) fn rebalance_timeout_ms(&self) -> i32 {
        self.iter().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0)
    }

    /// Adds a member; the first one leads.
    pub(super) fn insert(&mut self, member: Member) {
        let id = Arc::clone(&member.id);
        assert!(!self.by_id.contains_key(&id), "a member joins once");
        if let Some(instance_id) = &member.instance_id {
            let before = self.by_instance.insert(Arc::clone(instance_id), Arc::clone(&id));
            assert!(before.is_none(), "an instance id leads to one member");
        }
        self.count(&member.protocols);
        self.joining += usize::from(member.joining.is_some());
        self.leader.get_or_insert_with(|| Arc::clone(&id));
        let expires = member.expires;
        self.by_id.insert(Arc::clone(&id), member);
        if let Some(at) = expires {
            self.expiries.insert((at, id));
        }
    }

    /// Removes a member; another leads if it did.
    pub(super) fn remove(&mut self, id: &str) -> Option<Member> {
        let member = self.by_id.remove(id)?;
        self.uncount(&member.protocols);
        self.joining -= usize::from(member.joining.is_some());
        if let Some(instance_id) = &member.instance_id {
            self.by_instance.remove(instance_id);
        }
        if let Some(at) = member.expires {
            self.expiries.remove(&(at, Arc::clone(&member.id)));
        }
        if self.is_leader(id) {
            self.leader = self.by_id.keys().next().cloned();
        }
        Some(member)
    }

    /// Gives a static member a new id. Who led leads on. Returns what the old id waited for.
    pub(super) fn rename(&mut self, old: &str, new: Arc<str>) -> Option<Waited> {
        let was_leader = self.is_leader(old);
        let mut member = self.remove(old)?;
        let waited = Waited { joining: member.joining.take(), syncing: member.syncing.take() };
        member.id = Arc::clone(&new);
        member.is_new = false;
        member.expires = None;
        self.insert(member);
        if was_leader {
            self.leader = Some(new);
        }
        Some(waited)
    }

    /// What the member supports and how long it waits, as it says now.
    pub(super) fn update(&mut self, id: &str, update: &Update) {
        let Some(member) = self.by_id.get_mut(id) else { return };
        let old = std::mem::replace(&mut member.protocols, update.protocols.clone());
        member.rebalance_timeout_ms = update.rebalance_timeout_ms;
        member.session_timeout_ms = update.session_timeout_ms;
        self.uncount(&old);
        self.count(&update.protocols);
    }

    /// The member waits in a join from now on; returns the one it waited in before.
    pub(super) fn wait_for_join(&mut self, id: &str, token: Token) -> Option<Token> {
        let member = self.by_id.get_mut(id)?;
        let before = member.joining.replace(token);
        self.joining += usize::from(before.is_none());
        before
    }

    /// The member's join is answered now.
    pub(super) fn take_join(&mut self, id: &str) -> Option<Token> {
        let member = self.by_id.get_mut(id)?;
        let token = member.joining.take();
        self.joining -= usize::from(token.is_some());
        token
    }

    /// The member waits for its assignment from now on; returns the request it sent before.
    pub(super) fn wait_for_sync(&mut self, id: &str, token: Token) -> Option<Token> {
        self.by_id.get_mut(id)?.syncing.replace(token)
    }

    pub(super) fn take_sync(&mut self, id: &str) -> Option<Token> {
        self.by_id.get_mut(id)?.syncing.take()
    }

    /// It has been told its id.
    pub(super) fn settle(&mut self, id: &str) {
        if let Some(member) = self.by_id.get_mut(id) {
            member.is_new = false;
        }
    }

    pub(super) fn assign(&mut self, mut assignment: impl FnMut(&Member) -> bytes::Bytes) {
        for member in self.by_id.values_mut() {
            member.assignment = assignment(member);
        }
    }

    pub(super) fn ids(&self) -> Vec<Arc<str>> {
        self.by_id.keys().cloned().collect()
    }

    /// Sets when the member is gone.
    pub(super) fn expire(&mut self, id: &str, at: Option<Instant>) {
        let Some(member) = self.by_id.get_mut(id) else { return };
        if let Some(before) = std::mem::replace(&mut member.expires, at) {
            self.expiries.remove(&(before, Arc::clone(&member.id)));
        }
        if let Some(at) = at {
            self.expiries.insert((at, Arc::clone(&member.id)));
        }
    }

    /// When the next member is gone.
    pub(super) fn next_expiry(&self) -> Option<&(Instant, Arc<str>)> {
        self.expiries.first()
    }

    /// Makes a member that takes part in the rebalance the leader, the present one if it can.
    /// `false` if nobody takes part.
    pub(super) fn elect_joining_leader(&mut self) -> bool {
        let leads =
            |id: &Arc<str>| self.by_id.get(id).is_some_and(|member| member.joining.is_some());
        if self.leader.as_ref().is_some_and(leads) {
            return true;
        }
        let joining = self.by_id.values().find(|member| member.joining.is_some());
        let Some(member) = joining else { return false };
        self.leader = Some(Arc::clone(&member.id));
        true
    }

    /// Puts back the leader that a record names.
    pub(super) fn set_leader(&mut self, leader: &str) {
        if let Some(member) = self.by_id.get(leader) {
            self.leader = Some(Arc::clone(&member.id));
        }
    }

    /// Whether one of `protocols` is supported by every member.
    pub(super) fn share_one_of(&self, protocols: &[Protocol]) -> bool {
        protocols.iter().any(|protocol| self.supporters_of(&protocol.name) == self.len())
    }

    /// The protocol that everybody supports and most want; each votes for its most wanted one of
    /// those. A tie goes to the first name.
    pub(super) fn elect_protocol(&self) -> Option<Arc<str>> {
        let mut votes: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
        for member in self.iter() {
            let mut wanted = member.protocols.iter().map(|protocol| &protocol.name);
            if let Some(vote) = wanted.find(|name| self.supporters_of(name) == self.len()) {
                *votes.entry(vote).or_default() += 1;
            }
        }
        let best = votes.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)));
        best.map(|(&name, _)| Arc::clone(name))
    }

    fn supporters_of(&self, name: &str) -> usize {
        self.supporters.get(name).copied().unwrap_or(0)
    }

    fn count(&mut self, protocols: &[Protocol]) {
        for protocol in protocols {
            *self.supporters.entry(Arc::clone(&protocol.name)).or_default() += 1;
        }
    }

    fn uncount(&mut self, protocols: &[Protocol]) {
        for protocol in protocols {
            let Some(count) = self.supporters.get_mut(&protocol.name) else { continue };
            *count -= 1;
            if *count == 0 {
                self.supporters.remove(&protocol.name);
            }
        }
    }
}

/// What a JoinGroup changes in a member.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) protocols: Vec<Protocol>,
    pub(super) rebalance_timeout_ms: i32,
    pub(super) session_timeout_ms: i32,
}

/// Requests that an id waited in when it was replaced.
#[derive(Debug)]
pub(super) struct Waited {
    pub(super) joining: Option<Token>,
    pub(super) syncing: Option<Token>,
}

#[cfg(test)]
mod tests;

//! When members of a group fall due, in order.
//!
//! A member has each kind of timer at most once. Setting and cancelling cost a logarithm, however
//! big the group is. Soft state: it is set anew when a shard has loaded.

use std::collections::{BTreeMap, BTreeSet};

use protocol_types::Instant;

use super::member::MemberId;

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The member did not heartbeat.
    Session,
    /// It did not give up what it must, while it was in this epoch.
    Rebalance(i32),
    /// A member of the classic protocol did not join again.
    Join,
    /// A member of the classic protocol did not ask for its assignment.
    Sync,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Session,
    Rebalance,
    Join,
    Sync,
}

impl Timer {
    const fn kind(self) -> Kind {
        match self {
            Self::Session => Kind::Session,
            Self::Rebalance(_) => Kind::Rebalance,
            Self::Join => Kind::Join,
            Self::Sync => Kind::Sync,
        }
    }
}

/// See the module documentation.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeSet<(Instant, MemberId, Timer)>,
    set: BTreeMap<(MemberId, Kind), (Instant, Timer)>,
}

impl Timers {
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, ..)| *at)
    }

    /// Sets the timer, in place of one of its kind.
    pub(super) fn set(&mut self, member: &MemberId, timer: Timer, at: Instant) {
        self.cancel(member, timer);
        self.set.insert((MemberId::clone(member), timer.kind()), (at, timer));
        self.due.insert((at, MemberId::clone(member), timer));
    }

    /// Sets the timer unless one of its kind runs.
    pub(super) fn set_if_absent(&mut self, member: &MemberId, timer: Timer, at: Instant) {
        if !self.set.contains_key(&(MemberId::clone(member), timer.kind())) {
            self.set(member, timer, at);
        }
    }

    /// Cancels the timer of that kind.
    pub(super) fn cancel(&mut self, member: &MemberId, timer: Timer) {
        let key = (MemberId::clone(member), timer.kind());
        if let Some((at, timer)) = self.set.remove(&key) {
            self.due.remove(&(at, key.0, timer));
        }
    }

    pub(super) fn cancel_all(&mut self, member: &MemberId) {
        for timer in [Timer::Session, Timer::Rebalance(0), Timer::Join, Timer::Sync] {
            self.cancel(member, timer);
        }
    }

    /// The first timer due by `now`, which is no longer set.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(MemberId, Timer)> {
        let (at, ..) = self.due.first()?;
        if *at > now {
            return None;
        }
        let (_, member, timer) = self.due.pop_first()?;
        self.set.remove(&(MemberId::clone(&member), timer.kind()));
        Some((member, timer))
    }
}

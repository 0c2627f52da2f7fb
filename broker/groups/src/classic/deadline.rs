//! What falls due in a group: its timer, silent members, ids that nobody came back with.

use std::sync::Arc;

use protocol_types::Instant;

use super::{
    group::{Context, Group, Timer},
    state::State,
};

/// What falls due next.
enum Due {
    Timer(Timer),
    Expiry(Arc<str>),
    Lapse(Arc<str>),
}

impl Group {
    /// Decides what falls due by now, the earliest first.
    pub(crate) fn on_deadline(&mut self, cx: &mut Context<'_>) {
        while let Some(due) = self.take_due(cx.now.instant) {
            match due {
                Due::Timer(Timer::Initial { delay_ms, remaining_ms, .. }) => {
                    self.extend_or_complete(delay_ms, remaining_ms, cx);
                }
                Due::Timer(Timer::Join { .. }) => self.complete_join(cx),
                Due::Timer(Timer::Sync { .. }) => self.expire_unsynced(cx),
                Due::Expiry(id) => self.expire_member(&id, cx),
                Due::Lapse(_) => self.complete_if_all_joined_or_late(cx),
            }
        }
    }

    fn take_due(&mut self, now: Instant) -> Option<Due> {
        let timer = self.timer.map(|timer| (timer.at(), Due::Timer(timer)));
        let expiry = self.members.next_expiry();
        let expiry = expiry.map(|(at, id)| (*at, Due::Expiry(Arc::clone(id))));
        let lapse = self.lapses.first().map(|(at, id)| (*at, Due::Lapse(Arc::clone(id))));
        let due = [timer, expiry, lapse].into_iter().flatten().min_by_key(|(at, _)| *at);
        let (_, due) = due.filter(|(at, _)| *at <= now)?;
        match &due {
            Due::Timer(_) => self.timer = None,
            Due::Expiry(id) => self.members.expire(id, None),
            Due::Lapse(id) => drop(self.forget_pending(id)),
        }
        Some(due)
    }

    /// A member has been silent for too long. One that waits for us is alive, unless it is new: it
    /// cannot know yet that it is a member. Its session is counted anew when it is answered.
    fn expire_member(&mut self, id: &str, cx: &mut Context<'_>) {
        let waits = self.members.get(id).is_none_or(super::member::Member::satisfies_heartbeat);
        if waits {
            return;
        }
        self.remove(id, cx);
        match self.state {
            State::Stable | State::CompletingRebalance => {
                self.prepare_rebalance("a member's session expired", cx);
            }
            State::PreparingRebalance => self.complete_if_all_joined_or_late(cx),
            State::Empty | State::Dead => {}
        }
    }

    /// Someone the rebalance waited for is gone. Unlike a join, this completes the initial one too.
    fn complete_if_all_joined_or_late(&mut self, cx: &mut Context<'_>) {
        let complete = self.members.all_joining() && self.pending.is_empty();
        if self.state == State::PreparingRebalance && complete {
            self.complete_join(cx);
        }
    }
}

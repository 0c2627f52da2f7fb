//! Rebalances: prepared, extended, completed.
//!
//! One begins when who is in the group, or what they can do, changes. Members are told to join
//! again; it completes when all have, or when their time is up. The first rebalance of an empty
//! group waits for more members instead (`group.initial.rebalance.delay.ms`, trap 78).

use std::sync::Arc;

use bytes::Bytes;
use protocol_types::ErrorCode;

use super::{
    group::{Context, Group, Timer},
    request::{JoinReply, SyncReply},
    state::State,
};

/// A rebalance nobody takes part in is looked at again no sooner.
const POSTPONED_MS_MIN: i32 = 100;

/// `group.initial.rebalance.delay.ms`.
fn initial_delay_ms(cx: &Context<'_>) -> i32 {
    i32::try_from(cx.config.initial_rebalance_delay_ms).unwrap_or(i32::MAX)
}

impl Group {
    /// Begins a rebalance where the state allows it, or sees whether the one under way is complete.
    pub(super) fn rebalance_or_complete(&mut self, reason: &str, cx: &mut Context<'_>) {
        if self.state.leads_to(State::PreparingRebalance) {
            self.prepare_rebalance(reason, cx);
        } else {
            self.complete_if_all_joined(cx);
        }
    }

    /// Completes a rebalance that waits for nobody any more. The initial one has its own time.
    pub(super) fn complete_if_all_joined(&mut self, cx: &mut Context<'_>) {
        let initial = self.previous == State::Empty;
        if self.state == State::PreparingRebalance && !initial && self.has_everybody_joined() {
            self.complete_join(cx);
        }
    }

    fn has_everybody_joined(&self) -> bool {
        self.members.all_joining() && self.pending.is_empty()
    }

    pub(super) fn prepare_rebalance(&mut self, reason: &str, cx: &mut Context<'_>) {
        if self.state == State::CompletingRebalance {
            self.members.assign(|_| Bytes::new());
            self.refuse_syncs(ErrorCode::RebalanceInProgress, cx);
        }
        self.unsynced.clear();
        self.timer = None;
        let initial = self.state == State::Empty;
        self.enter(State::PreparingRebalance, cx.now);
        tracing::debug!(
            group = %self.id,
            generation = self.generation,
            members = self.members.len(),
            reason,
            "preparing a rebalance"
        );
        let longest_ms = self.members.rebalance_timeout_ms();
        if initial {
            let delay_ms = initial_delay_ms(cx);
            let remaining_ms = longest_ms.saturating_sub(delay_ms).max(0);
            self.timer = Some(Timer::Initial { at: cx.after(delay_ms), delay_ms, remaining_ms });
        } else if self.has_everybody_joined() {
            self.complete_join(cx);
        } else {
            self.timer = Some(Timer::Join { at: cx.after(longest_ms) });
        }
    }

    pub(super) fn refuse_syncs(&mut self, error: ErrorCode, cx: &mut Context<'_>) {
        for id in self.members.ids() {
            if let Some(token) = self.members.take_sync(&id) {
                cx.answer_sync(token, SyncReply::refused(error));
                self.renew_session(&id, cx);
            }
        }
    }

    /// The initial delay is over: once more if somebody came meanwhile and time is left.
    pub(super) fn extend_or_complete(
        &mut self,
        delay_ms: i32,
        remaining_ms: i32,
        cx: &mut Context<'_>,
    ) {
        if !self.grew || remaining_ms == 0 {
            return self.complete_join(cx);
        }
        self.grew = false;
        let next_ms = initial_delay_ms(cx).min(remaining_ms);
        self.timer = Some(Timer::Initial {
            at: cx.after(next_ms),
            delay_ms: next_ms,
            remaining_ms: (remaining_ms - delay_ms).max(0),
        });
    }

    /// The next generation begins with those who joined. Dynamic members who did not are out.
    pub(super) fn complete_join(&mut self, cx: &mut Context<'_>) {
        self.timer = None;
        let late = self.members.iter().filter(|member| member.joining.is_none());
        let late: Vec<_> = late
            .filter(|member| member.instance_id.is_none())
            .map(|member| Arc::clone(&member.id))
            .collect();
        for id in late {
            self.remove(&id, cx);
        }
        if !self.members.elect_joining_leader() && !self.members.is_empty() {
            // Static members alone, and none of them here: their sessions decide.
            let again_ms = self.members.rebalance_timeout_ms().max(POSTPONED_MS_MIN);
            self.timer = Some(Timer::Join { at: cx.after(again_ms) });
            return;
        }
        self.begin_generation(cx);
    }

    fn begin_generation(&mut self, cx: &mut Context<'_>) {
        // Kafka's generations wrap around as well, after two thousand million rebalances.
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        self.grew = false;
        self.unsynced.clear();
        self.protocol = self.members.elect_protocol();
        self.reckon_topics();
        tracing::debug!(
            group = %self.id,
            generation = self.generation,
            members = self.members.len(),
            "a generation begins"
        );
        if self.members.is_empty() {
            self.enter(State::Empty, cx.now);
            self.persist(cx);
            return;
        }
        self.enter(State::CompletingRebalance, cx.now);
        for id in self.members.ids() {
            if let Some(token) = self.members.take_join(&id) {
                cx.answer_join(token, self.generation_for(&id));
            }
            self.renew_session(&id, cx);
            self.members.settle(&id);
            self.unsynced.insert(id);
        }
        self.timer = Some(Timer::Sync { at: cx.after(self.members.rebalance_timeout_ms()) });
    }

    /// Members that have not asked for their assignment in time are out.
    pub(super) fn expire_unsynced(&mut self, cx: &mut Context<'_>) {
        let unsynced = std::mem::take(&mut self.unsynced);
        if unsynced.is_empty() {
            return;
        }
        for id in &unsynced {
            self.remove(id, cx);
        }
        self.prepare_rebalance("members did not sync in time", cx);
    }

    /// A join that another one of the same member replaced; the first caller has most likely gone.
    pub(super) fn supersede_join(
        &mut self,
        id: &Arc<str>,
        token: broker_coordinator::Token,
        cx: &mut Context<'_>,
    ) {
        if let Some(before) = self.members.wait_for_join(id, token) {
            let refusal = JoinReply::refused(ErrorCode::RebalanceInProgress, Some(Arc::clone(id)));
            cx.answer_join(before, refusal);
        }
    }
}

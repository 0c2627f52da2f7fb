//! The keeper: gives replies once they are durable, retries what found no room, and keeps the logs
//! of the shards short.

use std::sync::Arc;

use super::{Inner, Phase, Slot};
use crate::machine::Machine;

/// What the keeper found to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Nothing,
    /// It waits for the log.
    Waiting,
    /// There is more to do at once.
    More,
}

pub(super) async fn run<M: Machine>(inner: Arc<Inner<M>>) {
    loop {
        match inner.keep() {
            Found::Nothing => inner.work.notified().await,
            Found::Waiting => {
                tokio::select! {
                    () = inner.parts.log.moved() => {}
                    () = inner.work.notified() => {}
                }
            }
            Found::More => tokio::task::yield_now().await,
        }
    }
}

impl<M: Machine> Inner<M> {
    fn keep(&self) -> Found {
        self.replies.release(self.parts.log.durable());
        let slots = self.slots.load();
        let found = slots.iter().map(|slot| self.keep_shard(slot)).max().unwrap_or(Found::Nothing);
        if found == Found::Nothing && !self.replies.is_empty() { Found::Waiting } else { found }
    }

    fn keep_shard(&self, slot: &Slot<M>) -> Found {
        let idle = match &*slot.phase.lock() {
            Phase::Active(shard) => !shard.is_starved() && !shard.wants_reappend(),
            Phase::Loading | Phase::Failed | Phase::Stopped => true,
        };
        if idle {
            return Found::Nothing;
        }
        let kept = self.step(slot, |shard, step| {
            shard.place(step);
            let wrote = shard.wants_reappend();
            let moved = wrote && shard.reappend(step);
            if moved && !shard.wants_reappend() {
                self.metrics.reappends.increment(1);
            }
            match (moved, shard.is_starved() || shard.wants_reappend()) {
                (true, _) => Found::More,
                (false, true) => Found::Waiting,
                (false, false) => Found::Nothing,
            }
        });
        kept.unwrap_or(Found::Nothing)
    }
}

//! The timer: calls each shard when its machine wants to be called, and has those loaded again
//! whose log could not be read.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Inner;
use super::loader::load_all;
use crate::error::CoordinatorError;
use crate::machine::Machine;

pub(super) async fn run<M: Machine>(inner: Arc<Inner<M>>) {
    loop {
        let next = inner.next_deadline();
        let now = inner.parts.clock.now().0;
        if next <= now {
            Inner::fire(&inner, now);
            tokio::task::yield_now().await;
            continue;
        }
        if next == u64::MAX {
            inner.sooner.notified().await;
            continue;
        }
        // A little late rather than early: an early call finds nothing to do and is made again.
        let wait = Duration::from_nanos(next - now) + Duration::from_micros(100);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = inner.sooner.notified() => {}
        }
    }
}

impl<M: Machine> Inner<M> {
    fn next_deadline(&self) -> u64 {
        let slots = self.slots.load();
        let deadlines = slots.iter().map(|slot| slot.deadline.load(Ordering::Relaxed));
        deadlines.min().unwrap_or(u64::MAX)
    }

    /// Does what falls due by `now`.
    pub(super) fn fire(inner: &Arc<Self>, now: u64) {
        for slot in inner.slots.load().iter() {
            if slot.deadline.load(Ordering::Relaxed) > now {
                continue;
            }
            let fired = inner.step(slot, |shard, step| {
                let now = step.now;
                shard.decide(step, |machine, out| machine.on_deadline(now, out));
            });
            if let Err(error) = fired {
                slot.deadline.store(u64::MAX, Ordering::Relaxed);
                if error == CoordinatorError::Unreadable {
                    load_all(inner, vec![Arc::clone(slot)]);
                }
            }
        }
    }
}

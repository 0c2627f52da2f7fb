//! Several questions at once, their answers in the order they were asked in.
//!
//! For requests that name many groups: each waits for the disk, and together they wait once. One
//! task polls them all, in order, so that of two about the same thing the first is decided first.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// Most of them that are under way at a time: what a client asks for at once is not bounded.
const AT_ONCE: usize = 32;

enum Slot<F: Future> {
    Running(Pin<Box<F>>),
    Done(F::Output),
}

/// What the futures come to, in their order.
pub(crate) async fn in_order<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures = futures.into_iter();
    let mut window: VecDeque<Slot<F>> = VecDeque::new();
    let mut done = Vec::new();
    poll_fn(|cx| {
        loop {
            let free = AT_ONCE - window.len();
            window.extend(futures.by_ref().take(free).map(|next| Slot::Running(Box::pin(next))));
            if window.is_empty() {
                return Poll::Ready(());
            }
            for slot in &mut window {
                if let Slot::Running(future) = slot
                    && let Poll::Ready(output) = future.as_mut().poll(cx)
                {
                    *slot = Slot::Done(output);
                }
            }
            let before = done.len();
            while let Some(Slot::Done(output)) =
                window.pop_front_if(|slot| matches!(slot, Slot::Done(_)))
            {
                done.push(output);
            }
            if done.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    done
}

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol_types::Lsn;

use super::{LogMoves, Watcher};

#[tokio::test]
async fn a_watcher_resolves_once_for_each_move_and_for_those_it_did_not_wait_for() {
    let moves = Arc::<LogMoves>::default();
    let watcher = Watcher::new(&moves);
    let durable = AtomicU64::new(5);
    let marks = || (Lsn(durable.load(Ordering::SeqCst)), Lsn(0));
    watcher.moved(marks).await;

    let mut waiting = Box::pin(watcher.moved(marks));
    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx))).await;
    assert!(polled.is_pending(), "nothing moved");
    durable.store(6, Ordering::SeqCst);
    moves.moved();
    waiting.await;

    durable.store(7, Ordering::SeqCst);
    moves.moved();
    watcher.moved(marks).await;
}

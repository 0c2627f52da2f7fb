use std::task::{Context, Poll, Waker};

use super::*;

fn woken(signals: &ShardSignals, shard: ShardId) -> bool {
    let mut changed = std::pin::pin!(signals.changed(shard));
    matches!(changed.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(()))
}

#[test]
fn only_shards_that_await_a_watermark_are_woken_by_it_and_only_once() {
    let signals = ShardSignals::new(2);
    signals.await_watermark(ShardId(1));
    signals.watermark_moved();
    assert!(!woken(&signals, ShardId(0)));
    assert!(woken(&signals, ShardId(1)));

    signals.watermark_moved();
    assert!(!woken(&signals, ShardId(1)), "it has not asked again");
}

#[test]
fn a_moved_partition_reaches_each_shard_that_waits_on_it() {
    let signals = ShardSignals::new(3);
    signals.partition_moved(ShardId(0).bit() | ShardId(2).bit(), LocalId(7));
    signals.partition_moved(ShardId(2).bit(), LocalId(8));

    let mut touched = Vec::new();
    assert!(woken(&signals, ShardId(2)));
    signals.take_touched(ShardId(2), &mut touched);
    assert_eq!(touched, [LocalId(7), LocalId(8)]);
    assert!(!woken(&signals, ShardId(1)));
}

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
};

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn moved_partitions_wake_only_a_connection_whose_fetch_waits() {
    let count = Arc::new(Count::default());
    let signal = Signal::default();
    signal.watch(&Arc::clone(&count).into());
    signal.touch(LocalId(1));
    assert_eq!(count.0.load(Ordering::Relaxed), 0);

    signal.poll(Some(Lsn(0)));
    signal.touch(LocalId(2));
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    let mut touched = Vec::new();
    signal.take_touched(|partition| touched.push(partition));
    signal.take_touched(|partition| touched.push(partition));
    assert_eq!(touched, [LocalId(1), LocalId(2)], "what moved before the fetch counts too");
}

#[test]
fn a_connection_stands_on_the_list_of_acks_once() {
    let signal = Signal::default();
    assert!(signal.await_ack());
    assert!(!signal.await_ack());
    signal.acked();
    assert!(signal.await_ack());
}

use std::cell::Cell;

use tokio::sync::oneshot;

use super::*;

#[tokio::test]
async fn answers_come_in_order_whoever_is_ready_first() {
    let (ends, waits): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel()).unzip();
    let answers = in_order(waits);
    for (n, end) in ends.into_iter().enumerate().rev() {
        end.send(n).unwrap();
    }
    assert_eq!(answers.await, [Ok(0), Ok(1), Ok(2)]);
}

/// The last one lets the first one end: one after the other they would never.
#[tokio::test]
async fn all_are_asked_before_the_first_has_answered() {
    let (end, wait) = oneshot::channel();
    let (end, wait) = (Cell::new(Some(end)), Cell::new(Some(wait)));
    let answers = in_order((0..3).map(|n| {
        let (end, wait) = (&end, &wait);
        async move {
            if n == 0 {
                wait.take().unwrap().await.unwrap();
            }
            if n == 2 {
                end.take().unwrap().send(()).unwrap();
            }
            n
        }
    }));
    assert_eq!(answers.await, [0, 1, 2]);
}

#[tokio::test]
async fn as_many_as_the_limit_are_under_way() {
    let (running, most) = (Cell::new(0), Cell::new(0));
    let answers = in_order((0..200).map(|n| {
        let (running, most) = (&running, &most);
        async move {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            for _ in 0..=n % 7 {
                tokio::task::yield_now().await;
            }
            running.set(running.get() - 1);
            n
        }
    }));
    assert_eq!(answers.await, (0..200).collect::<Vec<_>>());
    assert_eq!(most.get(), AT_ONCE);
}

#[tokio::test]
async fn nothing_comes_to_nothing() {
    let none: [std::future::Ready<()>; 0] = [];
    assert!(in_order(none).await.is_empty());
}

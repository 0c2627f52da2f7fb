use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use broker_env::OsClock;
use broker_metadata::Record as Fact;
use config::{Loader, Profile};
use protocol_types::TopicId;
use tokio::task::yield_now;

use super::*;
use crate::shard::tests::{Ask, Map};
use crate::testing::MemoryLog;

const SHARD: ShardIndex = ShardIndex(0);

fn image() -> Arc<Image> {
    let config = Loader::new(Profile::Standard).flag("data.dir", "/data").unwrap().build().unwrap();
    Arc::new(Image::empty(&config).unwrap())
}

fn start(log: &Arc<MemoryLog>) -> Coordinator<Map> {
    let parts = Parts {
        topic: "__test",
        log: Arc::clone(log) as Arc<dyn CoordinatorLog>,
        clock: Arc::new(OsClock),
        make: Box::new(|_, _| Map::default()),
    };
    Coordinator::start(parts, image())
}

/// Asks until the shard has loaded.
async fn ask(coordinator: &Coordinator<Map>, request: fn() -> Ask) -> Option<bytes::Bytes> {
    loop {
        match coordinator.call(SHARD, request()).await {
            Ok(reply) => return reply,
            Err(CoordinatorError::Loading) => yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

fn set() -> Ask {
    Ask::Set("a", bytes::Bytes::from_static(b"1"))
}

#[tokio::test]
async fn a_call_is_answered_and_its_effect_survives() {
    let log = Arc::new(MemoryLog::new(3));
    let coordinator = start(&log);
    assert_eq!(coordinator.shards(), 3);
    ask(&coordinator, set).await;
    assert_eq!(ask(&coordinator, || Ask::Get("a")).await.as_deref(), Some(&b"1"[..]));

    let again = Arc::new(log.crashed(log.head()));
    let coordinator = start(&again);
    assert_eq!(ask(&coordinator, || Ask::Get("a")).await.as_deref(), Some(&b"1"[..]));
}

#[tokio::test]
async fn a_call_waits_for_the_disk_and_for_room() {
    let log = Arc::new(MemoryLog::new(1).syncing_when_told());
    let coordinator = start(&log);
    ask(&coordinator, || Ask::Get("a")).await;

    let mut call = pin!(coordinator.call(SHARD, set()));
    assert!(poll_once(call.as_mut()).await.is_pending());
    for _ in 0..100 {
        yield_now().await;
    }
    assert!(poll_once(call.as_mut()).await.is_pending(), "not durable");
    log.sync();
    assert_eq!(call.await, Ok(None));

    log.set_room(false);
    let mut call = pin!(coordinator.call(SHARD, set()));
    assert!(poll_once(call.as_mut()).await.is_pending());
    log.set_room(true);
    while log.head() == log.durable() {
        yield_now().await;
    }
    log.sync();
    assert_eq!(call.await, Ok(None));
}

#[tokio::test]
async fn a_stopped_coordinator_lets_nobody_wait() {
    let log = Arc::new(MemoryLog::new(1));
    let coordinator = start(&log);
    ask(&coordinator, || Ask::Get("a")).await;
    let mut waiting = pin!(coordinator.call(SHARD, Ask::Wait));
    assert!(poll_once(waiting.as_mut()).await.is_pending());
    coordinator.stop();
    assert_eq!(waiting.await, Err(CoordinatorError::NotCoordinator));
    let later = coordinator.call(SHARD, Ask::Wait).await;
    assert_eq!(later, Err(CoordinatorError::NotCoordinator));
    coordinator.end();
}

#[tokio::test]
async fn a_coordinator_goes_and_comes_with_its_topic() {
    let log = Arc::new(MemoryLog::new(1));
    let coordinator = start(&log);
    ask(&coordinator, set).await;
    let mut waiting = pin!(coordinator.call(SHARD, Ask::Wait));
    assert!(poll_once(waiting.as_mut()).await.is_pending());

    let topic = TopicId([5; 16]);
    let created = Fact::TopicCreated { topic, name: "__test".into(), at_ms: 0 };
    let (image, delta) = image().apply(&[created]).unwrap();
    let (gone, deleted) = image.apply(&[Fact::TopicDeleted { topic }]).unwrap();
    coordinator.image_changed(&Arc::new(gone), &deleted);
    assert_eq!(waiting.await, Err(CoordinatorError::NotCoordinator));
    assert_eq!(coordinator.shards(), 0);
    assert_eq!(coordinator.call(SHARD, set()).await, Err(CoordinatorError::NotAvailable));

    // Nothing is to be loaded: the first call is answered.
    coordinator.image_changed(&Arc::new(image), &delta);
    assert_eq!(coordinator.shards(), 1);
    assert_eq!(coordinator.call(SHARD, set()).await, Ok(None));
}

#[tokio::test]
async fn a_log_that_could_not_be_read_is_loaded_later() {
    let log = Arc::new(MemoryLog::new(1).refusing_loads(2));
    let coordinator = start(&log);
    for _ in 0..2 {
        let slot = coordinator.inner.slots.load()[0].clone();
        while slot.deadline.load(Ordering::Relaxed) == u64::MAX {
            yield_now().await;
        }
        let answer = coordinator.call(SHARD, set()).await;
        assert_eq!(answer, Err(CoordinatorError::Unreadable));
        // As if the time had come.
        Inner::fire(&coordinator.inner, u64::MAX - 1);
    }
    loop {
        match coordinator.call(SHARD, set()).await {
            Err(CoordinatorError::Unreadable) => yield_now().await,
            answer => break assert_eq!(answer, Ok(None)),
        }
    }
}

#[tokio::test]
async fn without_its_topic_a_coordinator_is_not_available() {
    let coordinator = start(&Arc::new(MemoryLog::new(0)));
    assert_eq!(coordinator.shard_of("g"), None);
    let answer = coordinator.call_for("g", Ask::Get("a")).await;
    assert_eq!(answer, Err(CoordinatorError::NotAvailable));
}

async fn poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

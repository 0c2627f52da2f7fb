use std::sync::atomic::{AtomicU32, Ordering};

use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_env::{ManualClock, Timestamp};
use config::{Loader, Profile};
use rstest::rstest;

use super::*;
use crate::commands::boot::Boot;
use crate::commands::create_topics::{CreateTopics, NewTopic};
use crate::commands::delete_topics::{DeleteTopics, TopicRef};
use crate::log::contract::MemoryLog;

fn parts() -> Parts {
    let config = Arc::new(Loader::new(Profile::Standard).build().unwrap());
    let clock = Arc::new(ManualClock::at(Timestamp(5)));
    Parts { config, clock, new_id: Box::new(Parts::random_id) }
}

fn create(name: &str, partitions: i32) -> CreateTopics {
    let topic = NewTopic { partitions: Some(partitions), ..NewTopic::automatic(name) };
    CreateTopics { topics: vec![topic], validate_only: false }
}

fn open(disk: &Arc<MemDisk>) -> Controller {
    Controller::open(Arc::clone(disk) as Arc<dyn Disk>, "data/metadata".as_ref(), parts()).unwrap()
}

#[test]
fn each_start_counts_and_everything_is_there_again() {
    let disk = Arc::new(MemDisk::new());
    let mut first = None;
    for start in 1..=3 {
        let controller = open(&disk);
        let booted = controller.submit(Boot).unwrap();
        assert_eq!(booted.incarnation, start);
        assert_eq!(controller.image().incarnation(), start);
        let first = *first.get_or_insert(booted);
        assert_eq!((booted.cluster, booted.storage), (first.cluster, first.storage));
        controller.submit(create(&format!("t{start}"), 2)).unwrap()[0].1.as_ref().unwrap();
        assert_eq!(controller.image().topic_count(), usize::try_from(start).unwrap());
    }
    let image = open(&disk).image();
    let ids: Vec<_> = image
        .topics_by_name()
        .iter()
        .flat_map(|t| t.partitions.to_vec())
        .map(|p| p.local_id.0)
        .collect();
    assert_eq!(ids, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn another_node_id_is_refused_on_the_same_data() {
    let disk = Arc::new(MemDisk::new());
    open(&disk).submit(Boot).unwrap();
    let config = Loader::new(Profile::Standard).flag("node.id", "2").unwrap().build().unwrap();
    let other = Parts { config: Arc::new(config), ..parts() };
    let controller = Controller::open(disk, "data/metadata".as_ref(), other).unwrap();
    let error = controller.submit(Boot).unwrap_err();
    assert!(error.message.contains("belongs to node.id 1, but node.id is 2"), "{error}");
}

#[test]
fn listeners_see_every_change_in_order_and_before_it_is_published() {
    let controller =
        Arc::new(Controller::with_log(Box::new(MemoryLog::default()), parts()).unwrap());
    controller.submit(Boot).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (cell, sink) = (Arc::clone(controller.cell()), Arc::clone(&seen));
    let from = controller.on_change(move |next, delta| {
        let names = |topics: &[Arc<broker_metadata::TopicImage>]| -> Vec<String> {
            topics.iter().map(|topic| topic.name.to_string()).collect()
        };
        let published = cell.load().topic_count();
        sink.lock().push((
            names(&delta.created),
            names(&delta.deleted),
            next.topic_count(),
            published,
        ));
    });
    assert_eq!(from.topic_count(), 0);
    controller.submit(create("a", 1)).unwrap();
    controller.submit(create("a", 1)).unwrap();
    controller.submit(DeleteTopics { topics: vec![TopicRef::by_name("a")] }).unwrap();
    let a = || vec!["a".to_owned()];
    assert_eq!(*seen.lock(), [(a(), vec![], 1, 0), (vec![], a(), 0, 1)], "a refusal is no change");
}

#[test]
fn what_cannot_be_stored_is_not_seen() {
    let log = MemoryLog::default();
    let fail = Arc::clone(&log.fail);
    let controller = Controller::with_log(Box::new(log), parts()).unwrap();
    controller.submit(Boot).unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    controller.on_change(move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    *fail.lock() = true;
    let error = controller.submit(create("a", 1)).unwrap_err();
    assert_eq!(error.code, ErrorCode::KafkaStorageError);
    *fail.lock() = false;
    assert!(controller.submit(create("a", 1)).is_err(), "poisoned until the next start");
    assert_eq!((controller.image().topic_count(), calls.load(Ordering::Relaxed)), (0, 0));
}

#[rstest]
#[case::append(Rule::on(Call::Write).path(|path| path.ends_with("metadata.log")), Fault::Eio, 1)]
#[case::restart(Rule::on(Call::Rename).path(|path| path.ends_with("metadata.log.tmp")), Fault::Eio, 0)]
fn a_log_that_failed_for_good_is_told_of_once(
    #[case] rule: Rule,
    #[case] fault: Fault,
    #[case] refused: u32,
) {
    let disk = Arc::new(FaultDisk::over(Arc::new(MemDisk::new())));
    let controller =
        Controller::open(Arc::clone(&disk) as Arc<dyn Disk>, "metadata".as_ref(), parts()).unwrap();
    controller.submit(Boot).unwrap();
    let told = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&told);
    controller.on_poison(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let injected = disk.inject(rule, fault);
    let mut refusals = 0;
    while injected.hits() == 0 {
        let name = format!("t{}", controller.image().topic_count());
        refusals += u32::from(controller.submit(create(&name, 10_000)).is_err());
    }
    assert_eq!((refusals, told.load(Ordering::Relaxed)), (refused, 1));
    for _ in 0..2 {
        let error = controller.submit(create("later", 1)).unwrap_err();
        assert_eq!(error.code, ErrorCode::KafkaStorageError);
    }
    assert_eq!(told.load(Ordering::Relaxed), 1, "once");
}

#[test]
fn a_snapshot_that_failed_leaves_the_log_in_use() {
    let disk = Arc::new(FaultDisk::over(Arc::new(MemDisk::new())));
    let controller =
        Controller::open(Arc::clone(&disk) as Arc<dyn Disk>, "metadata".as_ref(), parts()).unwrap();
    controller.submit(Boot).unwrap();
    controller.on_poison(|error| panic!("{error}"));
    let rule = Rule::on(Call::Rename).path(|path| path.ends_with("metadata.snapshot.tmp"));
    let injected = disk.inject(rule, Fault::Eio);
    while injected.hits() == 0 {
        let name = format!("t{}", controller.image().topic_count());
        controller.submit(create(&name, 10_000)).unwrap()[0].1.as_ref().unwrap();
    }
    controller.submit(create("later", 1)).unwrap()[0].1.as_ref().unwrap();
}

#[test]
fn producer_ids_are_never_given_twice_across_starts() {
    let disk = Arc::new(MemDisk::new());
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..2 {
        let controller = open(&disk);
        controller.submit(Boot).unwrap();
        for _ in 0..1_500 {
            assert!(seen.insert(controller.next_producer_id().unwrap()));
        }
    }
}

#[test]
fn ten_thousand_partitions_survive_a_snapshot_and_a_start() {
    let disk = Arc::new(MemDisk::new());
    let controller = open(&disk);
    controller.submit(Boot).unwrap();
    for n in 0..100 {
        controller.submit(create(&format!("t{n}"), 100)).unwrap()[0].1.as_ref().unwrap();
    }
    controller.submit(create("whole", 10_000)).unwrap()[0].1.as_ref().unwrap();
    for _ in 0..20 {
        controller.submit(create("more", 10_000)).unwrap()[0].1.as_ref().unwrap();
        controller.submit(DeleteTopics { topics: vec![TopicRef::by_name("more")] }).unwrap();
    }
    let before = controller.image();
    assert_eq!(before.partition_count(), 20_000);
    drop(controller);
    let names: Vec<_> = disk.list("data/metadata".as_ref()).unwrap();
    assert!(names.iter().any(|entry| entry.name == "metadata.snapshot"), "it grew enough for one");
    assert_eq!(open(&disk).image(), before);
}

#[test]
fn an_identity_never_looks_like_an_option() {
    for _ in 0..500 {
        let id = broker_metadata::ClusterId(Parts::random_id()).to_string();
        assert!(!id.starts_with('-'), "{id}");
        assert_eq!(id.len(), 22);
    }
}

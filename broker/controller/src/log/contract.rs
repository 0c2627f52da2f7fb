//! The contract of [`MetadataLog`], run on every implementation.

use std::sync::Arc;

use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_metadata::Record;
use parking_lot::Mutex;
use protocol_types::{LocalId, TopicId};
use rstest::rstest;

use super::*;

/// The fake: records in memory, shared by all opens.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryLog {
    records: Arc<Mutex<Vec<Record>>>,
    pub(crate) fail: Arc<Mutex<bool>>,
    poisoned: bool,
}

impl MetadataLog for MemoryLog {
    fn replay(&mut self, apply: &mut dyn FnMut(&Record)) -> Result<(), LogError> {
        self.records.lock().iter().for_each(apply);
        Ok(())
    }

    fn append(&mut self, records: &[Record]) -> Result<(), LogError> {
        self.poisoned |= *self.fail.lock();
        if self.poisoned {
            return Err(LogError::Poisoned);
        }
        self.records.lock().extend_from_slice(records);
        Ok(())
    }

    fn wants_snapshot(&self) -> bool {
        self.records.lock().len() > 100
    }

    fn snapshot(&mut self, records: &[Record]) -> Result<(), LogError> {
        *self.records.lock() = records.to_vec();
        Ok(())
    }

    fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

/// Opens the same log again and again.
type Opener = Box<dyn Fn() -> Box<dyn MetadataLog>>;

fn memory() -> Opener {
    let log = MemoryLog::default();
    Box::new(move || Box::new(log.clone()))
}

fn local() -> Opener {
    let disk: Arc<dyn Disk> = Arc::new(MemDisk::new());
    Box::new(move || {
        let mut log = LocalMetadataLog::open(Arc::clone(&disk), "data/metadata".as_ref()).unwrap();
        log.set_snapshot_log_bytes_min(2_000);
        Box::new(log)
    })
}

fn record(n: u32) -> Record {
    Record::LocalIdFloor { next: LocalId(n) }
}

fn replayed(log: &mut dyn MetadataLog) -> Vec<Record> {
    let mut records = Vec::new();
    log.replay(&mut |record| records.push(record.clone())).unwrap();
    records
}

#[rstest]
#[case::memory(memory())]
#[case::local(local())]
fn a_new_log_is_empty(#[case] open: Opener) {
    assert_eq!(replayed(&mut *open()), []);
}

#[rstest]
#[case::memory(memory())]
#[case::local(local())]
fn what_was_appended_is_replayed_in_order_by_every_later_open(#[case] open: Opener) {
    let mut log = open();
    log.append(&[record(1), Record::TopicDeleted { topic: TopicId([1; 16]) }]).unwrap();
    log.append(&[record(2)]).unwrap();
    drop(log);
    let expected = [record(1), Record::TopicDeleted { topic: TopicId([1; 16]) }, record(2)];
    for _ in 0..2 {
        assert_eq!(replayed(&mut *open()), expected);
    }
}

#[rstest]
#[case::memory(memory())]
#[case::local(local())]
fn appends_go_on_after_a_reopen(#[case] open: Opener) {
    for n in 0..5 {
        let mut log = open();
        let before = replayed(&mut *log);
        assert_eq!(before.len(), n as usize);
        log.append(&[record(n)]).unwrap();
    }
    assert_eq!(replayed(&mut *open()), (0..5).map(record).collect::<Vec<_>>());
}

#[rstest]
#[case::memory(memory())]
#[case::local(local())]
fn a_snapshot_stands_for_what_came_before_and_appends_follow_it(#[case] open: Opener) {
    let mut log = open();
    log.append(&[record(1), record(2)]).unwrap();
    log.snapshot(&[record(3)]).unwrap();
    log.append(&[record(4)]).unwrap();
    drop(log);
    let mut log = open();
    assert_eq!(replayed(&mut *log), [record(3), record(4)]);
    log.snapshot(&[record(5)]).unwrap();
    log.snapshot(&[record(6)]).unwrap();
    drop(log);
    assert_eq!(replayed(&mut *open()), [record(6)]);
}

#[rstest]
#[case::memory(memory())]
#[case::local(local())]
fn a_log_that_grows_asks_for_a_snapshot_and_is_content_after_it(#[case] open: Opener) {
    let mut log = open();
    assert!(!log.wants_snapshot());
    for n in 0..200 {
        log.append(&[record(n)]).unwrap();
    }
    assert!(log.wants_snapshot());
    log.snapshot(&[record(200)]).unwrap();
    assert!(!log.wants_snapshot());
}

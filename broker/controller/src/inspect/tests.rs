use std::sync::Arc;

use broker_env::disk::Open;
use broker_env::sim::MemDisk;
use protocol_types::LocalId;

use super::*;
use crate::log::{LocalMetadataLog, MetadataLog};

const DIR: &str = "metadata";

fn record(n: u32) -> Record {
    Record::LocalIdFloor { next: LocalId(n) }
}

#[test]
fn an_inspection_sees_everything_and_changes_nothing() {
    let disk = Arc::new(MemDisk::new());
    let mut log = LocalMetadataLog::open(disk.clone(), DIR.as_ref()).unwrap();
    log.append(&[record(1)]).unwrap();
    log.snapshot(&[record(1)]).unwrap();
    log.append(&[record(2)]).unwrap();
    log.append(&[record(3)]).unwrap();
    assert!(matches!(inspect(&*disk, DIR.as_ref()), Err(LogError::Locked { .. })));
    drop(log);
    let path = Path::new(DIR).join("metadata.log");
    let file = disk.open(&path, Open::update()).unwrap();
    file.set_len(file.len().unwrap() - 3).unwrap();

    let before = disk.image();
    let found = inspect(&*disk, DIR.as_ref()).unwrap();
    assert_eq!(found.records, [record(1), record(2)]);
    assert_eq!((found.snapshot_records, found.torn_bytes > 0), (1, true));
    assert_eq!(disk.image().used_bytes(), before.used_bytes());
    assert_eq!(inspect(&*disk, DIR.as_ref()).unwrap(), found, "the torn append is still there");
}

#[test]
fn an_empty_directory_is_no_metadata() {
    let error = inspect(&MemDisk::new(), DIR.as_ref()).unwrap_err();
    assert!(error.to_string().contains("metadata.log is corrupt at byte 0: it is missing"));
}

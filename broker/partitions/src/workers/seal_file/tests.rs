use std::path::Path;

use broker_env::disk::Disk;
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_log::sealed::{WriteLanes, path_of};
use protocol_records::BatchBuilder;
use protocol_types::{Codec, Offset, Timestamp};
use rstest::rstest;

use super::*;
use crate::workers::fixture::{partition, storage};

/// A file with one segment of one batch.
fn filled_file(storage: &Arc<Storage>, number: u64) -> FilledFile {
    let partition = partition(1, &[]);
    let id = partition.id();
    let mut batch = BatchBuilder::new(Codec::None);
    batch.push(Timestamp(5), None, Some(b"value"), &[]);
    let mut batch = batch.build().unwrap();
    batch[12..16].copy_from_slice(&1_i32.to_be_bytes());

    let file = FileId(number);
    let created = storage.clock.wall();
    let identity = FileIdentity { file, cluster: storage.cluster, broker: storage.broker, created };
    let (disk, pace) = (Arc::clone(&storage.disk), Box::new(|_| {}));
    let mut writer = SealedFileWriter::create(
        disk,
        &storage.segments_dir,
        identity,
        &WriteLanes::default(),
        pace,
    )
    .unwrap();
    let len = batch.len() as u64;
    writer.begin_segment(SegmentHead { partition: id, base: Offset(0), len }).unwrap();
    writer.push(&batch).unwrap();
    writer.end_segment(SegmentEnd::default()).unwrap();
    FilledFile { writer, sealed: vec![(partition, ProducerTable::default())] }
}

fn filled(storage: &Arc<Storage>) -> Vec<FilledFile> {
    (1..=4).map(|number| filled_file(storage, number)).collect()
}

fn left(storage: &Storage) -> Vec<u64> {
    let there =
        |file: &u64| storage.disk.exists(&path_of(&storage.segments_dir, FileId(*file))).unwrap();
    (1..=4).filter(there).collect()
}

#[rstest]
#[case::the_first(1)]
#[case::one_in_between(3)]
#[case::the_last(4)]
fn if_the_sync_of_one_file_fails_none_of_the_span_is_left(#[case] bad: u64) {
    let faults = FaultDisk::over(Arc::new(MemDisk::new()));
    let disk: Arc<dyn Disk> = Arc::new(faults.clone());
    let storage = storage(&disk);
    let bad = path_of(&storage.segments_dir, FileId(bad));
    let of_it = move |path: &Path| path == bad;
    let fault = faults.inject(Rule::on(Call::SyncData).path(of_it), Fault::Eio);
    let finished = finish_all(&storage, filled(&storage));
    assert!(matches!(finished, Err(WorkError::Seal(SealError::Io { .. }))));
    assert_eq!(fault.hits(), 1);
    assert_eq!(left(&storage), [0; 0]);

    // The next attempt finds the names free.
    let finished = finish_all(&storage, filled(&storage)).unwrap();
    let files: Vec<u64> = finished.iter().map(|(meta, _)| meta.identity.file.0).collect();
    assert_eq!(files, [1, 2, 3, 4], "in the order they were filled");
    assert_eq!(left(&storage), [1, 2, 3, 4]);
}

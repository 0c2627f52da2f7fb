use std::path::Path;

use broker_env::disk::Disk;
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_log::sealed::path_of;
use protocol_records::BatchBuilder;
use protocol_types::{Codec, Offset, Timestamp};
use rstest::rstest;

use super::*;
use crate::workers::fixture::{engine, partition};

/// A file with one segment of one batch.
fn filled_file(engine: &Arc<Engine>, number: u64) -> FilledFile {
    let partition = partition(1, &[]);
    let id = partition.id();
    let mut batch = BatchBuilder::new(Codec::None);
    batch.push(Timestamp(5), None, Some(b"value"), &[]);
    let mut batch = batch.build().unwrap();
    batch[12..16].copy_from_slice(&1_i32.to_be_bytes());

    let file = FileId(number);
    let created = engine.clock.wall();
    let identity = FileIdentity { file, cluster: engine.cluster, broker: engine.broker, created };
    let (disk, pace) = (Arc::clone(&engine.disk), Box::new(|_| {}));
    let mut writer = SealedFileWriter::create(disk, &engine.segments_dir, identity, pace).unwrap();
    let len = batch.len() as u64;
    writer.begin_segment(SegmentHead { partition: id, base: Offset(0), len }).unwrap();
    writer.push(&batch).unwrap();
    writer.end_segment(SegmentEnd::default()).unwrap();
    FilledFile { writer, sealed: vec![(partition, ProducerTable::default())] }
}

fn filled(engine: &Arc<Engine>) -> Vec<FilledFile> {
    (1..=4).map(|number| filled_file(engine, number)).collect()
}

fn left(engine: &Engine) -> Vec<u64> {
    let there =
        |file: &u64| engine.disk.exists(&path_of(&engine.segments_dir, FileId(*file))).unwrap();
    (1..=4).filter(there).collect()
}

#[rstest]
#[case::the_first(1)]
#[case::one_in_between(3)]
#[case::the_last(4)]
fn if_the_sync_of_one_file_fails_none_of_the_span_is_left(#[case] bad: u64) {
    let faults = FaultDisk::over(Arc::new(MemDisk::new()));
    let disk: Arc<dyn Disk> = Arc::new(faults.clone());
    let engine = engine(&disk);
    let bad = path_of(&engine.segments_dir, FileId(bad));
    let of_it = move |path: &Path| path == bad;
    let fault = faults.inject(Rule::on(Call::SyncData).path(of_it), Fault::Eio);
    let finished = finish_all(&engine, filled(&engine));
    assert!(matches!(finished, Err(WorkError::Seal(SealError::Io { .. }))));
    assert_eq!(fault.hits(), 1);
    assert_eq!(left(&engine), [0; 0]);

    // The next attempt finds the names free.
    let finished = finish_all(&engine, filled(&engine)).unwrap();
    let files: Vec<u64> = finished.iter().map(|(meta, _)| meta.identity.file.0).collect();
    assert_eq!(files, [1, 2, 3, 4], "in the order they were filled");
    assert_eq!(left(&engine), [1, 2, 3, 4]);
}

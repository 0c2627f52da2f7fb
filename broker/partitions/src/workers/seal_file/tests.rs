use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arc_swap::ArcSwap;
use broker_env::disk::Disk;
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use broker_env::{Clock, ManualClock};
use broker_log::PartitionLog;
use broker_log::checkpoint::PageCache;
use broker_log::sealed::{CacheLimits, FileCache, path_of};
use broker_wal::{NodeIdentity, Wal, WalConfig};
use config::{BrokerLayers, TopicConfig};
use protocol_records::BatchBuilder;
use protocol_types::{
    BrokerId, Codec, LeaderEpoch, LocalId, Lsn, Offset, PartitionIndex, Timestamp, TopicId,
    TopicPartition,
};
use rstest::rstest;

use super::*;
use crate::events::RingEvents;
use crate::partition::Hosting;

fn engine(disk: &Arc<dyn Disk>) -> Arc<Engine> {
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::default();
    let node = NodeIdentity { cluster: [3; 16], broker: 1 };
    let config = WalConfig::new(PathBuf::from("/data/ring"), 1 << 20, 2, node);
    let events = Arc::new(RingEvents::new(1, Box::new(|_| {})));
    let (wal, _) =
        Wal::open(Arc::clone(disk), Arc::clone(&clock), config, Lsn(0), 1, events, &mut |_| Ok(()))
            .unwrap();
    let segments_dir = PathBuf::from("/data/segments");
    disk.create_dir_all(&segments_dir).unwrap();
    let limits = CacheLimits { files: 1, index_bytes: 1024, buffer_bytes: 0 };
    Arc::new(Engine {
        wal,
        files: FileCache::new(Arc::clone(disk), segments_dir.clone(), limits),
        pages: PageCache::new(Arc::clone(disk), PathBuf::from("/data/checkpoint"), 1024),
        disk: Arc::clone(disk),
        clock,
        segments_dir,
        cluster: node.cluster,
        broker: BrokerId(1),
    })
}

/// A file with one segment of one batch.
fn filled_file(engine: &Arc<Engine>, number: u64) -> FilledFile {
    let id = TopicPartition { topic: TopicId([7; 16]), partition: PartitionIndex(0) };
    let config = TopicConfig::resolve("t", &BTreeMap::new(), &BrokerLayers::default()).unwrap();
    let hosting = Hosting {
        id,
        local: LocalId(1),
        epoch: LeaderEpoch(1),
        internal: false,
        config: Arc::new(ArcSwap::from_pointee(config)),
    };
    let log = PartitionLog::new();
    let partition = Arc::new(Partition::new(hosting, log, ProducerTable::default()));
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

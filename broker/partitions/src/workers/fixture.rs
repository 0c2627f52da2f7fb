//! What the workers' tests run on: a ring, hosted partitions and a sealer that no thread runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, atomic::AtomicI64};
use std::time::Duration;

use arc_swap::ArcSwap;
use broker_env::disk::Disk;
use broker_env::{Clock, ManualClock};
use broker_log::checkpoint::{self, CheckpointState, CheckpointStore, PageCache};
use broker_log::sealed::{CacheLimits, FileCache, Spares, WriteLanes};
use broker_log::{BatchFacts, PartitionLog, ProducerTable, RingSpan};
use broker_wal::{Class, Entry, EntryKind, NodeIdentity, Wal, WalConfig};
use config::{BrokerLayers, TopicConfig};
use protocol_records::{BatchBuilder, BatchView, ProducerStamp};
use protocol_types::{
    BrokerId, Codec, FlushPolicy, LeaderEpoch, LocalId, Lsn, PartitionIndex, ProducerEpoch,
    ProducerId, Sequence, Timestamp, TopicId, TopicPartition,
};

use super::sealer::Sealer;
use super::{FileUse, RingReader, Upkeep};
use crate::Storage;
use crate::events::RingEvents;
use crate::hosted::Hosted;
use crate::metrics::PartitionMetrics;
use crate::observers::ObserverFactory;
use crate::partition::{Hosting, Partition};

const CHECKPOINT: &str = "/data/checkpoint";

/// Over a ring of 1 MiB, with room for a few open files in the cache.
pub(super) fn storage(disk: &Arc<dyn Disk>) -> Arc<Storage> {
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::default();
    let node = NodeIdentity { cluster: [3; 16], broker: 1 };
    let config = WalConfig::new(PathBuf::from("/data/ring"), 1 << 20, 2, node);
    let events = Arc::new(RingEvents::new(1, Box::new(|_| {})));
    let (wal, _) =
        Wal::open(Arc::clone(disk), Arc::clone(&clock), config, Lsn(0), 1, events, &mut |_| Ok(()))
            .unwrap();
    let segments_dir = PathBuf::from("/data/segments");
    disk.create_dir_all(&segments_dir).unwrap();
    let limits = CacheLimits { files: 4, index_bytes: 1 << 16, buffer_bytes: 0, ahead_bytes: 0 };
    Arc::new(Storage {
        wal,
        files: FileCache::new(Arc::clone(disk), segments_dir.clone(), limits),
        pages: PageCache::new(Arc::clone(disk), PathBuf::from(CHECKPOINT), 1024),
        disk: Arc::clone(disk),
        clock,
        segments_dir,
        cluster: node.cluster,
        broker: BrokerId(1),
        observers: ObserverFactory::none(),
    })
}

/// An empty partition of a topic with these settings.
pub(super) fn partition(local: u32, configs: &[(&str, &str)]) -> Arc<Partition> {
    let given: BTreeMap<String, String> =
        configs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let config = TopicConfig::resolve("t", &given, &BrokerLayers::default()).unwrap();
    let hosting = Hosting {
        id: TopicPartition { topic: TopicId([7; 16]), partition: PartitionIndex(local) },
        local: LocalId(local),
        epoch: LeaderEpoch(1),
        reserved: false,
        config: Arc::new(ArcSwap::from_pointee(config)),
    };
    Arc::new(Partition::new(hosting, PartitionLog::new(), ProducerTable::default()))
}

/// A sealer of `partitions` that has sealed nothing yet.
pub(super) fn sealer(storage: &Arc<Storage>, partitions: &[Arc<Partition>]) -> Sealer {
    let (store, _) =
        CheckpointStore::open(Arc::clone(&storage.disk), Path::new(CHECKPOINT)).unwrap();
    let hosted = Arc::<Hosted>::default();
    hosted.add_partitions(partitions.iter());
    Sealer {
        storage: Arc::clone(storage),
        hosted,
        wake: Arc::default(),
        graves: Arc::default(),
        store,
        files: FileUse::default(),
        uncounted: Vec::new(),
        next_file: 1,
        covered: Lsn(0),
        upkeep: Upkeep {
            retention_check: Duration::ZERO,
            spare: Duration::ZERO,
            producer_expiry_ms: Arc::new(AtomicI64::new(i64::MAX)),
        },
        ring: RingReader::new(&storage.wal, 1),
        lanes: WriteLanes::default(),
        spares: Spares::new(Arc::clone(&storage.disk), storage.segments_dir.clone()),
        metrics: PartitionMetrics::register(),
    }
}

/// What the checkpoint on disk says.
pub(super) fn checkpoint(storage: &Storage) -> CheckpointState {
    checkpoint::read(&*storage.disk, Path::new(CHECKPOINT)).unwrap()
}

/// Appends a batch of one record of `size` bytes from producer 1, and waits for the disk.
pub(super) fn append(storage: &Storage, partition: &Partition, size: usize) {
    let mut state = partition.lock();
    let base = state.log.log_end();
    let stamp = ProducerStamp {
        id: ProducerId(1),
        epoch: ProducerEpoch(0),
        base_sequence: Sequence(i32::try_from(base.0).unwrap()),
    };
    let mut batch = BatchBuilder::new(Codec::None).producer(stamp);
    batch.push(Timestamp(5), None, Some(&vec![b'v'; size]), &[]);
    let batch = batch.build().unwrap();
    let batch = BatchView::parse(&batch).unwrap();
    let facts = BatchFacts::fresh(&batch, base, partition.leader_epoch());
    let header = protocol_records::rewrite(&batch, base, partition.leader_epoch());
    state.log.stage(&facts, Timestamp(5));
    let entry = Entry {
        kind: EntryKind::Data,
        local_id: partition.local_id(),
        class: Class::User,
        flush: FlushPolicy::Fsync,
        parts: [&header, batch.body()],
    };
    let len = entry.payload_len();
    let admission = storage.wal.admit(Class::User, 1, len, len).unwrap();
    let mut placed = Vec::new();
    let end = storage.wal.append(admission, &[entry], &mut placed);
    let (lsn, end_of_entry) = (placed[0].lsn, placed[0].end);
    state.log.place(RingSpan { lsn, len: u32::try_from(len).unwrap(), end: end_of_entry });
    drop(state);
    storage.wal.wait_durable_blocking(end).unwrap();
}

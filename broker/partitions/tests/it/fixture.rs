//! A broker's storage without its network: controller and partitions on a disk of the test's.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use broker_controller::commands::boot::Boot;
use broker_controller::commands::create_topics::{CreateTopics, NewTopic};
use broker_controller::commands::delete_topics::{DeleteTopics, TopicRef};
use broker_controller::{Controller, Parts};
use broker_env::disk::Disk;
use broker_env::{Clock, ManualClock, threads};
use broker_partitions::{
    Ack, AppendRefusal, Appended, ObserverFactory, Options, Partition, Partitions, Produce,
    ReadLimits, ReadPlan, ReadRequest, ShardId,
};
use broker_wal::{NodeIdentity, WalConfig};
use config::{Loader, Profile};
use protocol_records::{BatchBuilder, BatchView, ProducerStamp};
use protocol_types::{
    Codec, IsolationLevel, Lsn, Offset, PartitionIndex, ProducerEpoch, ProducerId, Sequence,
    Timestamp,
};

pub(crate) const DATA: &str = "/data";
/// Small enough to lap in milliseconds, large enough for a batch of 100 KiB.
pub(crate) const RING: u64 = 1 << 20;
/// Files that die go at once.
const SPARE: Duration = Duration::ZERO;

pub(crate) struct Storage {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) controller: Arc<Controller>,
    pub(crate) partitions: Arc<Partitions>,
    pub(crate) poisoned: Arc<AtomicBool>,
}

impl Storage {
    pub(crate) fn open(disk: &Arc<dyn Disk>, clock: &Arc<ManualClock>) -> Self {
        Self::try_open(disk, clock).unwrap()
    }

    pub(crate) fn try_open(
        disk: &Arc<dyn Disk>,
        clock: &Arc<ManualClock>,
    ) -> Result<Self, broker_partitions::OpenError> {
        Self::observed(disk, clock, ObserverFactory::none())
    }

    pub(crate) fn observed(
        disk: &Arc<dyn Disk>,
        clock: &Arc<ManualClock>,
        observers: ObserverFactory,
    ) -> Result<Self, broker_partitions::OpenError> {
        let data = PathBuf::from(DATA);
        disk.create_dir_all(&data).unwrap();
        let config = Loader::new(Profile::Standard).flag("data.dir", DATA).unwrap();
        let clock_dyn: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
        let parts = Parts {
            config: Arc::new(config.build().unwrap()),
            clock: Arc::clone(&clock_dyn),
            new_id: Box::new(Parts::random_id),
        };
        let controller = Controller::open(Arc::clone(disk), &data.join("metadata"), parts).unwrap();
        let controller = Arc::new(controller);
        let booted = controller.submit(Boot).unwrap();
        let node = NodeIdentity { cluster: booted.cluster.0, broker: 1 };
        let poisoned = Arc::<AtomicBool>::default();
        let told = Arc::clone(&poisoned);
        let options = Options {
            disk: Arc::clone(disk),
            clock: clock_dyn,
            data_dir: data.clone(),
            wal: WalConfig::new(data.join("ring"), RING, 2, node),
            incarnation: booted.incarnation,
            retention_check: Duration::from_secs(60),
            spare: SPARE,
            observers,
            on_poison: Box::new(move |_| told.store(true, Ordering::SeqCst)),
        };
        let (partitions, _) = Partitions::open(&controller.image(), options)?;
        let follower = Arc::clone(&partitions);
        controller.on_change(move |image, delta| follower.apply(image, delta));
        Ok(Self { clock: Arc::clone(clock), controller, partitions, poisoned })
    }

    pub(crate) fn create_topic(&self, name: &str, partitions: i32, configs: &[(&str, &str)]) {
        let topic = NewTopic {
            name: name.to_owned(),
            partitions: Some(partitions),
            configs: configs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())))
                .collect(),
            ..NewTopic::default()
        };
        let created = self
            .controller
            .submit(CreateTopics { topics: vec![topic], validate_only: false })
            .unwrap();
        assert!(created.iter().all(|(_, result)| result.is_ok()), "{created:?}");
    }

    pub(crate) fn delete_topic(&self, name: &str) {
        self.controller.submit(DeleteTopics { topics: vec![TopicRef::by_name(name)] }).unwrap();
    }

    pub(crate) fn partition(&self, topic: &str, index: u32) -> Arc<Partition> {
        self.partitions.topic(topic).unwrap().partition(PartitionIndex(index)).unwrap()
    }

    /// Appends one batch; does not wait for the disk.
    pub(crate) fn append(
        &self,
        partition: &Arc<Partition>,
        batch: &[u8],
    ) -> Result<Appended, AppendRefusal> {
        let batch = BatchView::parse(batch).unwrap();
        let mut results = Vec::new();
        self.partitions.append(self.clock.wall(), &[Produce { partition, batch }], &mut results);
        results.remove(0)
    }

    /// Appends one batch and waits for its acknowledgement.
    pub(crate) fn produce(&self, partition: &Arc<Partition>, batch: &[u8]) -> Appended {
        let appended = self.append(partition, batch).unwrap();
        self.wait_acked(appended.ack);
        appended
    }

    /// Appends one batch as soon as the ring has room, and waits for its acknowledgement.
    pub(crate) fn produce_patiently(&self, partition: &Arc<Partition>, batch: &[u8]) -> Appended {
        let mut appended = None;
        eventually("room in the ring", || {
            appended = self.append(partition, batch).ok();
            appended.is_some()
        });
        let appended = appended.unwrap();
        self.wait_acked(appended.ack);
        appended
    }

    pub(crate) fn wait_acked(&self, ack: Ack) {
        eventually("the acknowledgement", || self.partitions.is_acked(ack));
    }

    /// The batches from `offset` on, whole, through ring memory where it has them.
    pub(crate) fn read(
        &self,
        partition: &Arc<Partition>,
        offset: u64,
        bytes_max: u64,
    ) -> Vec<Vec<u8>> {
        let request = ReadRequest {
            offset: Offset(offset),
            bytes_max,
            at_least_one: true,
            isolation: IsolationLevel::ReadUncommitted,
            leader_epoch: None,
        };
        let mut plan = ReadPlan::default();
        let marks = self.partitions.plan_read(partition, &request, &mut plan).unwrap();
        let bytes = match self.ring_bytes(&plan) {
            Some(bytes) => bytes,
            None => {
                let limits =
                    ReadLimits { bytes_max, upto: marks.high_watermark, at_least_one: true };
                self.block_on(self.partitions.load(partition, plan, limits)).unwrap().concat()
            }
        };
        split(&bytes)
    }

    /// Everything the partition holds, batch by batch, read in pieces of `piece` bytes.
    pub(crate) fn read_all(&self, partition: &Arc<Partition>, piece: u64) -> Vec<Vec<u8>> {
        let marks = self.partitions.marks(partition);
        let mut next = marks.log_start;
        let mut all = Vec::new();
        while next < marks.high_watermark {
            let batches = self.read(partition, next.0, piece);
            assert!(!batches.is_empty(), "nothing at {next:?} below {:?}", marks.high_watermark);
            for batch in batches {
                let view = BatchView::parse(&batch).unwrap();
                assert!(view.crc_matches());
                next = view.next_offset();
                all.push(batch);
            }
        }
        all
    }

    fn ring_bytes(&self, plan: &ReadPlan) -> Option<Vec<u8>> {
        if !plan.is_ring_only() {
            return None;
        }
        let lowest = plan.ring.iter().map(|part| part.lsn).min().unwrap_or(Lsn(0));
        if plan.ring.is_empty() {
            return Some(Vec::new());
        }
        let pin = self.partitions.pin(ShardId(0), lowest)?;
        let parts = plan.ring.iter().map(|part| pin.bytes(part.lsn, part.len as usize));
        parts.collect::<Option<Vec<_>>>().map(|parts| parts.concat())
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        // A poisoned ring says so again; that is its test's business.
        let _ = self.partitions.shutdown();
    }
}

/// A batch of `records` records of `size` bytes each whose bytes tell them apart by `seed`.
pub(crate) fn batch(seed: u64, records: u32, size: usize) -> Vec<u8> {
    stamped(seed, records, size, None, 1_700_000_000_000)
}

/// A batch of an idempotent producer.
pub(crate) fn idempotent(producer: u64, epoch: i16, sequence: i32, records: u32) -> Vec<u8> {
    let stamp = ProducerStamp {
        id: ProducerId(producer),
        epoch: ProducerEpoch(epoch),
        base_sequence: Sequence(sequence),
    };
    stamped(producer, records, 10, Some(stamp), 1_700_000_000_000)
}

pub(crate) fn stamped(
    seed: u64,
    records: u32,
    size: usize,
    producer: Option<ProducerStamp>,
    timestamp: i64,
) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Codec::None);
    if let Some(producer) = producer {
        builder = builder.producer(producer);
    }
    for number in 0..records {
        let mut value = vec![b'.'; size];
        let text = format!("{seed}-{number}");
        let len = text.len().min(size);
        value[..len].copy_from_slice(&text.as_bytes()[..len]);
        builder.push(Timestamp(timestamp + i64::from(number)), Some(b"key"), Some(&value), &[]);
    }
    builder.build().unwrap()
}

/// What a stored batch must be: the producer's bytes but for base offset and leader epoch.
pub(crate) fn assert_stored(stored: &[u8], sent: &[u8], base_offset: u64) {
    assert_eq!(stored.len(), sent.len());
    assert_eq!(stored[..8], base_offset.to_be_bytes());
    assert_eq!(stored[8..12], sent[8..12]);
    assert_eq!(stored[16..], sent[16..]);
}

fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    protocol_records::batches(bytes).map(|batch| batch.unwrap().bytes().to_vec()).collect()
}

/// Waits until `reached` says so, without a limit of its own: the suite's budget is the limit.
pub(crate) fn eventually(what: &str, mut reached: impl FnMut() -> bool) {
    let began = broker_env::OsClock.now();
    while !reached() {
        let waited = broker_env::OsClock.now().nanos_since(began);
        assert!(waited < 30_000_000_000, "waited 30 s for {what}");
        threads::park_timeout(Duration::from_micros(200));
    }
}

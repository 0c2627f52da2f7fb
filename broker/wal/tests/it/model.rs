//! The log against a naive model: a list of entries and three positions.

use std::sync::Arc;

use broker_env::sim::MemDisk;
use broker_wal::{Class, Placed, ReadError};
use proptest::prelude::*;
use protocol_types::{FlushPolicy, Lsn, to_usize};

use crate::harness::{Opened, append_durably, bytes, config, entry, open, trim_of, try_open};

const RING: u64 = 256 << 10;

#[derive(Clone, Debug)]
enum Op {
    Append(Vec<u16>, bool),
    Wait,
    /// Gives up so many percent of what is kept.
    Trim(u8),
    Read(u16),
    /// Starts again, after a shutdown or not, from a checkpoint at so many percent or from trim.
    Restart(bool, Option<u8>),
}

fn op() -> impl Strategy<Value = Op> {
    let len = prop_oneof![0_u16..300, 0_u16..9000, 15_000_u16..40_000];
    prop_oneof![
        6 => (prop::collection::vec(len, 1..5), any::<bool>()).prop_map(|(lens, sync)| Op::Append(lens, sync)),
        2 => Just(Op::Wait),
        2 => (0_u8..=100).prop_map(Op::Trim),
        4 => any::<u16>().prop_map(Op::Read),
        1 => (any::<bool>(), prop::option::of(0_u8..=100)).prop_map(|(clean, from)| Op::Restart(clean, from)),
    ]
}

struct Model {
    disk: MemDisk,
    opened: Opened,
    incarnation: u64,
    /// Everything ever appended and not lost.
    entries: Vec<(Placed, Vec<u8>)>,
    seed: u64,
}

impl Model {
    fn new() -> Self {
        let disk = MemDisk::default();
        let opened = open(&disk, RING, 1);
        Self { disk, opened, incarnation: 1, entries: Vec::new(), seed: 0 }
    }

    fn append(&mut self, lens: &[u16], sync: bool) {
        let payloads: Vec<Vec<u8>> = lens
            .iter()
            .map(|len| {
                self.seed += 1;
                bytes(self.seed, usize::from(*len))
            })
            .collect();
        let flush = if sync { FlushPolicy::Fsync } else { FlushPolicy::Async };
        let entries: Vec<_> = payloads.iter().map(|payload| entry(1, flush, payload)).collect();
        let total = payloads.iter().map(|payload| payload.len() as u64).sum();
        let largest = payloads.iter().map(|payload| payload.len() as u64).max().unwrap_or(0);
        let wal = &self.opened.wal;
        let Ok(admission) = wal.admit(Class::User, entries.len(), total, largest) else { return };
        let mut placed = Vec::new();
        let end = wal.append(admission, &entries, &mut placed);
        assert!(wal.published() >= end);
        self.entries.extend(placed.into_iter().zip(payloads));
    }

    /// An LSN at so many percent of what is durable and kept.
    fn at(&self, percent: u8) -> Lsn {
        let (trim, durable) = (self.opened.wal.trim().0, self.opened.wal.durable().0);
        Lsn(trim + (durable - trim) * u64::from(percent) / 100)
    }

    fn read(&self, which: u16) {
        let Some((placed, payload)) =
            self.entries.get(usize::from(which) % self.entries.len().max(1))
        else {
            return;
        };
        let wal = &self.opened.wal;
        let mut buf = vec![0; payload.len()];
        match wal.read_into(placed.lsn, &mut buf) {
            Ok(()) => assert_eq!(&buf, payload),
            Err(ReadError::Trimmed(_)) => assert!(placed.lsn < wal.trim()),
            Err(error) => panic!("{error}"),
        }
        if let Some(pin) = wal.pin(0, placed.lsn) {
            assert_eq!(pin.bytes(placed.lsn, payload.len()), Some(&payload[..]));
        }
    }

    fn restart(&mut self, clean: bool, from: Option<u8>) {
        let from = from.map_or(Lsn(0), |percent| self.at(percent));
        let durable = if clean {
            self.opened.wal.shutdown().unwrap();
            self.opened.wal.head()
        } else {
            self.opened.wal.durable()
        };
        let old = std::mem::replace(&mut self.opened, open(&MemDisk::default(), RING, 1));
        drop(old);
        self.incarnation += 1;
        let from = from.max(trim_of(&self.disk));
        let disk = Arc::new(self.disk.clone());
        self.opened = try_open(disk, config(RING), from, self.incarnation).unwrap();
        let found = self.opened.data();
        let floor = from.max(self.opened.report.trim);
        let expected: Vec<_> =
            self.entries.iter().filter(|(placed, _)| placed.end > floor).cloned().collect();
        let acked = expected.iter().filter(|(placed, _)| placed.end <= durable).count();
        assert!((acked..=expected.len()).contains(&found.len()), "{} of {acked}", found.len());
        for (found, (placed, payload)) in found.iter().zip(&expected) {
            assert_eq!((found.lsn, found.end, &found.payload), (placed.lsn, placed.end, payload));
        }
        // What was not recovered is gone for good.
        let head = self.opened.report.head;
        self.entries.retain(|(placed, _)| placed.end <= head);
    }

    fn check(&self) {
        let wal = &self.opened.wal;
        // In this order, as all of them grow meanwhile.
        let (trim, durable, published, head) =
            (wal.trim(), wal.durable(), wal.published(), wal.head());
        assert!(trim <= durable && durable <= published && published <= head);
        assert!(wal.occupancy().used <= RING);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_log_is_a_list(ops in prop::collection::vec(op(), 1..80)) {
        let mut model = Model::new();
        for op in ops {
            match op {
                Op::Append(lens, sync) => model.append(&lens, sync),
                Op::Wait => model.opened.wal.wait_durable_blocking(model.opened.wal.published()).unwrap(),
                Op::Trim(percent) => model.opened.wal.advance_trim(model.at(percent)),
                Op::Read(which) => model.read(which),
                Op::Restart(clean, from) => model.restart(clean, from),
            }
            model.check();
        }
        model.restart(true, None);
        let wal = &model.opened.wal;
        wal.advance_trim(wal.durable());
        while wal.admit(Class::User, 1, 7, 7).is_err() {
            std::thread::yield_now();
        }
        append_durably(wal, b"goes on");
    }
}

/// Threads append small and large entries together: each finds its own in order, and all are there
/// after a restart.
#[test]
fn concurrent_appenders_lose_nothing() {
    const CAPACITY: u64 = 16 << 20;
    let disk = MemDisk::default();
    let opened = open(&disk, CAPACITY, 1);
    let wal = &opened.wal;
    std::thread::scope(|scope| {
        for thread in 0..3_u64 {
            scope.spawn(move || {
                for n in 0..40_u64 {
                    let len = if n % 10 == 9 { 270_000 } else { 100 + to_usize(n) * 50 };
                    let payload = bytes(thread * 1000 + n, len);
                    let len = payload.len() as u64;
                    let admission = wal.admit(Class::User, 1, len, len).unwrap();
                    let id = u32::try_from(thread).unwrap();
                    let flush = if n % 3 == 0 { FlushPolicy::Async } else { FlushPolicy::Fsync };
                    let end = wal.append(admission, &[entry(id, flush, &payload)], &mut Vec::new());
                    if n % 7 == 0 {
                        wal.wait_durable_blocking(end).unwrap();
                    }
                }
            });
        }
    });
    opened.wal.shutdown().unwrap();
    drop(opened);
    let found = open(&disk, CAPACITY, 2).data();
    for thread in 0..3_u32 {
        let own = found.iter().filter(|found| found.local_id.0 == thread);
        let mut count = 0;
        for (found, n) in own.zip(0..) {
            assert!(found.payload == bytes(u64::from(thread) * 1000 + n, found.payload.len()));
            count += 1;
        }
        assert_eq!(count, 40);
    }
}

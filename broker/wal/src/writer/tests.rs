//! The writer step by step, on a clock that stands still.

use broker_env::ManualClock;
use broker_env::ring_memory::RingMemory;
use broker_env::sim::MemDisk;
use protocol_types::FlushPolicy;

use super::*;
use crate::entry::{Class, Entry, EntryKind};
use crate::events::WalEvents;
use crate::geometry::Geometry;
use crate::group_index::GroupIndex;
use crate::ring::Ring;
use crate::shared::Parts;
use crate::{NodeIdentity, create, recovery};

const CAPACITY: u64 = 256 << 10;

struct Deaf;

impl WalEvents for Deaf {
    fn durable(&self, _durable: Lsn, _touched: &[LocalId]) {}

    fn published_late(&self, _published: Lsn) {}

    fn poisoned(&self, error: &io::Error) {
        panic!("{error}");
    }
}

/// A writer of a new ring that writes an async group as soon as it sees one.
fn writer(clock: &Arc<ManualClock>) -> Writer {
    let node = NodeIdentity { cluster: [1; 16], broker: 2 };
    let config = WalConfig { async_bytes: 1, ..WalConfig::new("/", CAPACITY, 1, node) };
    let geometry = Geometry::new(CAPACITY).unwrap();
    let (file, _) = create::open_or_create(&MemDisk::new(), &config, geometry, Lsn(0), 1).unwrap();
    let (file, superblock) = recovery::identify(file, None, None).unwrap();
    let cursor = RingMemory::create(CAPACITY, 0, 2).unwrap();
    let memory = Arc::clone(cursor.memory());
    let trim = GroupMark { lsn: 0, chain: group::GENESIS, at: Instant(0) };
    let shared = Arc::new(Shared::new(Parts {
        file,
        clock: Arc::clone(clock) as _,
        events: Arc::new(Deaf),
        identity: superblock.identity,
        incarnation: 1,
        shards: 1,
        memory,
        ring: Ring::new(cursor, &config, geometry, 0),
        durable: 0,
        index: GroupIndex::new(CAPACITY),
        trim,
        frontier: superblock.frontier,
    }));
    Writer::new(shared, &config, Resume { chain: group::GENESIS, cell_sequence: 0 })
}

impl Writer {
    /// Appends one entry; its group is written by the next turn.
    fn place(&self, flush: FlushPolicy) {
        let mut ring = self.shared.ring.lock();
        let class = Class::User;
        let parts: [&[u8]; 2] = [b"entry", &[]];
        ring.place(&Entry { kind: EntryKind::Data, local_id: LocalId(1), class, flush, parts });
        ring.publish();
    }

    fn cells(&self) -> Vec<u64> {
        let cells = self.shared.file.read_commit_cells(self.shared.key).unwrap();
        cells.iter().map(|cell| cell.durable_floor).collect()
    }
}

#[test]
fn a_floor_that_only_unsynced_headers_know_gets_its_cell_in_time() {
    let clock = Arc::<ManualClock>::default();
    let mut writer = writer(&clock);
    writer.place(FlushPolicy::Fsync);
    writer.turn().unwrap();
    let durable = writer.shared.durable();
    assert_eq!(durable, writer.written);
    // Groups that nobody waits for come faster than the cell is due, and do not put it off.
    for _ in 0..3 {
        clock.advance(Duration::from_millis(2));
        writer.place(FlushPolicy::Async);
        writer.turn().unwrap();
    }
    assert!(writer.written > writer.shared.durable());
    writer.turn().unwrap();
    assert_eq!(writer.cells(), [durable]);
}

#[test]
fn a_synced_header_spares_the_cell() {
    let clock = Arc::<ManualClock>::default();
    let mut writer = writer(&clock);
    for flush in [FlushPolicy::Fsync, FlushPolicy::Async, FlushPolicy::Fsync] {
        writer.place(flush);
        writer.turn().unwrap();
    }
    // Plain groups lie between, so the whole file was synced, with the header that names the first.
    assert_eq!(writer.shared.durable(), writer.written);
    assert_eq!(writer.recorded, 4096);
    assert_eq!(writer.cells(), [0; 0]);
}

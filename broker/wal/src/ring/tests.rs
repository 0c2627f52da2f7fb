use broker_env::ring_memory::RingMemory;
use proptest::prelude::*;
use protocol_types::FlushPolicy;

use super::*;
use crate::NodeIdentity;
use crate::entry::Class;
use crate::geometry::SECTOR;

const CAPACITY: u64 = 128 << 10;
const GROUP_MAX: u64 = 16 << 10;

fn ring(base: u64) -> Ring {
    used_ring(base, 0)
}

/// With its head at `head` and so many bytes used.
fn used_ring(head: u64, used: u64) -> Ring {
    let node = NodeIdentity { cluster: [0; 16], broker: 0 };
    let config = WalConfig { group_bytes_max: GROUP_MAX, ..WalConfig::new("", CAPACITY, 1, node) };
    let cursor = RingMemory::create(CAPACITY, head, 1).unwrap();
    Ring::new(cursor, &config, Geometry::new(CAPACITY).unwrap(), head - used)
}

fn data(payload: &[u8], flush: FlushPolicy) -> Entry<'_> {
    Entry {
        kind: EntryKind::Data,
        local_id: LocalId(1),
        class: Class::User,
        flush,
        parts: [payload, &[]],
    }
}

fn place(ring: &mut Ring, len: usize) -> Placed {
    let placed = ring.place(&data(&vec![1; len], FlushPolicy::Fsync));
    ring.publish();
    placed
}

#[test]
fn a_group_closes_at_its_limit_and_a_larger_one_holds_one_entry() {
    let mut ring = ring(0);
    place(&mut ring, 8000);
    place(&mut ring, 8000 - 512);
    assert!(ring.first_closed().is_none());
    place(&mut ring, 20_000);
    place(&mut ring, 1);
    let first = ring.take_closed().unwrap();
    assert_eq!((first.start, first.length, first.entries), (0, GROUP_MAX, 2));
    let large = ring.take_closed().unwrap();
    assert_eq!((large.start, large.length, large.entries), (GROUP_MAX, 24576, 1));
    assert!(ring.take_closed().is_none());
    assert_eq!(ring.open_group().unwrap().entries, 1);
}

#[test]
fn the_rest_of_a_lap_is_skipped_by_a_group_of_one_block() {
    let mut ring = ring(CAPACITY - 12288);
    let placed = place(&mut ring, 12288 - 512);
    assert_eq!(placed.lsn, Lsn(CAPACITY + 512 + 16));
    let pad = ring.take_closed().unwrap();
    assert_eq!((pad.start, pad.length, pad.stored), (CAPACITY - 12288, 12288, 4096));
    assert!(!pad.sync);
    assert_eq!(ring.used(), 12288 + 12288 + 4096);
}

#[test]
fn a_group_may_end_with_the_lap() {
    let mut ring = ring(CAPACITY - 8192);
    place(&mut ring, 8192 - 512 - 16);
    ring.close();
    assert_eq!(ring.take_closed().unwrap().end(), CAPACITY);
    assert_eq!(place(&mut ring, 1).lsn, Lsn(CAPACITY + 512 + 16));
}

#[test]
fn async_entries_leave_a_group_unsynced_until_one_wants_the_disk() {
    let mut ring = ring(0);
    ring.place(&data(b"a", FlushPolicy::Async));
    assert!(!ring.open_group().unwrap().sync);
    ring.place(&data(b"b", FlushPolicy::Fsync));
    assert!(ring.open_group().unwrap().sync);
}

#[test]
fn a_sleeping_writer_is_woken_once_and_for_a_reason() {
    let mut ring = ring(0);
    assert!(!ring.wake_writer());
    ring.writer_sleeps();
    ring.place(&data(b"a", FlushPolicy::Async));
    assert!(ring.wake_writer(), "a new group starts the clock");
    assert!(!ring.wake_writer());
    ring.writer_sleeps();
    ring.place(&data(b"a", FlushPolicy::Async));
    assert!(!ring.wake_writer(), "the clock runs already");
    ring.place(&data(b"a", FlushPolicy::Fsync));
    assert!(ring.wake_writer(), "somebody waits for the disk");
}

#[test]
fn whatever_the_others_were_promised_a_control_entry_finds_room() {
    for blocks in 0..CAPACITY / BLOCK {
        for used in (0..CAPACITY - 4 * BLOCK).step_by(BLOCK_LEN) {
            for (class, len) in
                [(Class::User, 28 << 10), (Class::User, 5000), (Class::Internal, 100)]
            {
                let mut ring = used_ring(CAPACITY + blocks * BLOCK, used);
                while ring.admit(class, 1, len, len).is_ok() {}
                let admitted = ring.admit(Class::Control, 1, 8, 8);
                assert!(admitted.is_ok(), "{class:?} {len}, {used} used, {blocks}: {admitted:?}");
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Admit(Class, Vec<u16>),
    Append(usize),
    Close,
    Trim,
}

fn op() -> impl Strategy<Value = Op> {
    let class = prop_oneof![Just(Class::User), Just(Class::Internal), Just(Class::Control)];
    let len = prop_oneof![0_u16..200, 3000_u16..5000, 0_u16..30_000];
    prop_oneof![
        3 => (class, prop::collection::vec(len, 1..6)).prop_map(|(class, lens)| Op::Admit(class, lens)),
        3 => any::<usize>().prop_map(Op::Append),
        1 => Just(Op::Close),
        2 => Just(Op::Trim),
    ]
}

/// Checks the shape of the groups that were cut, and returns their end.
fn drain(ring: &mut Ring, mut end: u64) -> u64 {
    while let Some(group) = ring.take_closed() {
        assert_eq!(group.start, end);
        assert!(group.stored <= group.length && group.used <= group.stored);
        assert!(group.used > SECTOR && group.stored - group.used < BLOCK);
        assert!(group.stored <= GROUP_MAX || group.entries == 1);
        assert!(group.start / CAPACITY == (group.end() - 1) / CAPACITY, "straddles");
        end = group.end();
    }
    end
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is admitted can be placed, in any order, wherever the writer cuts groups, and no
    /// class takes more than its share.
    #[test]
    fn what_is_admitted_fits(ops in prop::collection::vec(op(), 1..120)) {
        let mut ring = ring(0);
        let mut promises: Vec<(Promise, Vec<u16>)> = Vec::new();
        let mut written = 0;
        for op in ops {
            match op {
                Op::Admit(class, lens) => {
                    let bytes = lens.iter().map(|len| u64::from(*len)).sum();
                    let largest = lens.iter().copied().max().map_or(0, u64::from);
                    if let Ok(promise) = ring.admit(class, lens.len(), bytes, largest) {
                        promises.push((promise, lens));
                    }
                }
                Op::Append(which) if !promises.is_empty() => {
                    let (promise, lens) = promises.swap_remove(which % promises.len());
                    ring.release(promise);
                    // Panics if there is no room.
                    lens.iter().for_each(|len| { place(&mut ring, usize::from(*len)); });
                }
                Op::Append(_) | Op::Close => ring.close(),
                Op::Trim => {
                    written = drain(&mut ring, written);
                    ring.raise_trim(written);
                }
            }
            prop_assert!(ring.used() <= CAPACITY);
        }
        ring.close();
        prop_assert_eq!(drain(&mut ring, written), ring.head());
    }
}

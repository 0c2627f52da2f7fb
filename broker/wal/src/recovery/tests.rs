use std::path::{Path, PathBuf};

use broker_env::disk::{Disk, Open, Sync};
use broker_env::sim::MemDisk;
use protocol_types::LocalId;
use rstest::rstest;

use super::*;
use crate::commit_cell::CommitCell;
use crate::entry::{self, EntryKind};
use crate::geometry::{BLOCK_LEN, SECTOR, block_end};
use crate::group::{self, GENESIS, GroupHeader};
use crate::sector::Identity;

const CAPACITY: u64 = 64 << 10;
const GROUP_MAX: u64 = 16 << 10;

/// A ring that is written by hand.
struct Hand {
    file: RingFile,
    key: Key,
    superblock: Superblock,
    chain: u128,
    at: u64,
}

impl Hand {
    fn new() -> Self {
        let disk = MemDisk::default();
        let file = disk.open(Path::new("ring.log"), Open::create()).unwrap();
        let file = RingFile::new(file, PathBuf::from("ring.log"), Geometry::new(CAPACITY).unwrap());
        file.allocate().unwrap();
        let node = NodeIdentity { cluster: [1; 16], broker: 2 };
        let identity = Identity { node, uuid: [3; 16] };
        let superblock = Superblock {
            identity,
            sequence: 1,
            capacity: CAPACITY,
            incarnation: 1,
            start: 0,
            trim: 0,
            trim_chain: GENESIS,
            durable_floor: 0,
            frontier: CAPACITY,
        };
        Self { file, key: Key::of_ring(&identity.uuid), superblock, chain: GENESIS, at: 0 }
    }

    /// A group of one data entry, changed before its payload is hashed and before its header is
    /// sealed.
    fn group(
        &mut self,
        payload: usize,
        entries: impl FnOnce(&mut Vec<u8>),
        header: impl FnOnce(&mut GroupHeader),
    ) {
        let mut bytes = entry::header(EntryKind::Data, LocalId(1), payload as u64).to_vec();
        bytes.resize(to_usize(entry::size(payload as u64)), 7);
        entries(&mut bytes);
        let used = SECTOR + bytes.len() as u64;
        let stored = block_end(used);
        bytes.resize(to_usize(stored - SECTOR), 0);
        let mut made = GroupHeader {
            identity: self.superblock.identity,
            incarnation: 1,
            lsn: self.at,
            length: stored,
            stored,
            used,
            entries: 1,
            payload_hash: self.key.hash(&bytes),
            chain: self.chain,
            durable_floor: 0,
            trim_floor: 0,
        };
        header(&mut made);
        let sector = made.encode(self.key);
        let mut whole = sector.to_vec();
        whole.extend_from_slice(&bytes);
        self.file.write(self.at, &[&whole], Sync::Later).unwrap();
        self.chain = group::link(&sector, self.key);
        self.at += stored;
    }

    fn good(&mut self) {
        self.group(100, |_| (), |_| ());
    }

    /// Payload lengths of what is replayed, and the result.
    fn recover(&self) -> (Vec<usize>, Result<Recovered, OpenError>) {
        let mut lens = Vec::new();
        let mut replay = |entry: Replayed<'_>| {
            lens.push(entry.payload.len());
            Ok(())
        };
        let run = run(&self.file, self.superblock, GROUP_MAX, Lsn(0), Instant(0), &mut replay);
        (lens, run)
    }

    fn reason(&self) -> Option<&'static str> {
        self.recover().1.unwrap().report.truncated.map(|truncated| truncated.reason)
    }
}

#[rstest]
#[case::chain(|h: &mut GroupHeader| h.chain ^= 1, "the group does not follow the one before")]
#[case::hash(|h: &mut GroupHeader| h.payload_hash ^= 1, "the payload hash differs")]
#[case::straddles(|h: &mut GroupHeader| h.length = CAPACITY, "group passes the ring's end")]
#[case::fewer_entries(|h: &mut GroupHeader| h.entries = 0, "the group holds more than its entries")]
#[case::more_entries(|h: &mut GroupHeader| h.entries = 2, "an entry passes the end of its group")]
fn a_bad_group_ends_the_walk(#[case] change: fn(&mut GroupHeader), #[case] reason: &str) {
    let mut hand = Hand::new();
    hand.good();
    hand.group(300, |_| (), change);
    hand.good();
    let (lens, recovered) = hand.recover();
    let report = recovered.unwrap().report;
    assert_eq!(lens, [100]);
    assert_eq!(report.head, Lsn(4096));
    assert_eq!(report.truncated.unwrap().reason, reason);
}

#[test]
fn a_boot_number_never_falls() {
    let mut hand = Hand::new();
    hand.group(1, |_| (), |h| h.incarnation = 4);
    hand.group(1, |_| (), |h| h.incarnation = 3);
    assert_eq!(hand.recover().1.unwrap().report.groups, 1);
}

#[test]
fn what_a_later_start_cut_off_stays_cut_off() {
    let mut hand = Hand::new();
    hand.good();
    hand.good();
    hand.superblock.incarnation = 2;
    hand.superblock.start = 4096;
    assert_eq!(hand.recover().1.unwrap().report.groups, 1);
}

#[test]
fn an_unknown_kind_stops_the_start() {
    let mut hand = Hand::new();
    hand.good();
    hand.group(8, |bytes| bytes[0] = 99, |_| ());
    let (lens, recovered) = hand.recover();
    assert_eq!(lens, [100]);
    let error = recovered.unwrap_err();
    assert!(matches!(error, OpenError::UnknownKind { at: Lsn(4096), kind: 99, .. }), "{error}");
}

#[test]
fn a_group_larger_than_the_window_is_hashed_first_and_applied_then() {
    let mut hand = Hand::new();
    hand.good();
    hand.group(40_000, |_| (), |_| ());
    hand.good();
    let (lens, recovered) = hand.recover();
    assert_eq!(lens, [100, 40_000, 100]);
    assert_eq!(recovered.unwrap().report.truncated, None);

    let mut torn = Hand::new();
    torn.group(40_000, |_| (), |h| h.payload_hash ^= 1);
    assert_eq!(torn.recover().0, [0; 0]);
    assert_eq!(torn.reason(), Some("the payload hash differs"));
}

#[test]
fn nothing_is_read_beyond_the_frontier() {
    let mut hand = Hand::new();
    hand.good();
    hand.good();
    hand.superblock.frontier = 4096;
    let report = hand.recover().1.unwrap().report;
    assert_eq!((report.groups, report.truncated), (1, None));
}

/// What was acknowledged is known from a later header, a commit cell or the superblock.
#[rstest]
#[case::later_header(|hand: &mut Hand| hand.group(1, |_| (), |h| h.durable_floor = 8192))]
#[case::later_trim(|hand: &mut Hand| hand.group(1, |_| (), |h| h.trim_floor = 8192))]
#[case::commit_cell(|hand: &mut Hand| {
    let cell = CommitCell {
        identity: hand.superblock.identity,
        sequence: 5,
        incarnation: 1,
        durable_floor: 8192,
        trim_floor: 0,
    };
    hand.file.write_commit_cell(&cell, hand.key).unwrap();
})]
#[case::superblock(|hand: &mut Hand| hand.superblock.durable_floor = 8192)]
fn acknowledged_damage_stops_the_start(#[case] witness: fn(&mut Hand)) {
    let mut hand = Hand::new();
    hand.good();
    hand.group(1, |_| (), |h| h.payload_hash ^= 1);
    assert!(hand.recover().1.is_ok());
    witness(&mut hand);
    let error = hand.recover().1.unwrap_err();
    let expected = matches!(error, OpenError::Corrupt { at: Lsn(4096), floor: Lsn(8192), .. });
    assert!(expected, "{error}");
}

#[test]
fn a_header_in_anothers_place_is_no_witness() {
    let mut hand = Hand::new();
    hand.good();
    hand.at = 8192;
    hand.group(
        1,
        |_| (),
        |h| {
            h.lsn = 12288;
            h.durable_floor = 8192;
        },
    );
    assert!(hand.recover().1.is_ok());
}

#[test]
fn a_trim_that_only_a_header_knows_counts() {
    let mut hand = Hand::new();
    hand.good();
    hand.good();
    hand.group(1, |_| (), |h| (h.durable_floor, h.trim_floor) = (8192, 4096));
    let recovered = hand.recover().1.unwrap();
    assert_eq!(recovered.report.trim, Lsn(4096));
    assert_eq!(recovered.superblock.trim, 4096);
    // The walk can begin there.
    hand.superblock = recovered.superblock;
    let mut replay = |_: Replayed<'_>| Ok(());
    let again =
        run(&hand.file, hand.superblock, GROUP_MAX, Lsn(4096), Instant(0), &mut replay).unwrap();
    assert_eq!((again.report.groups, again.report.head), (2, recovered.report.head));
}

/// Any bytes in the place of a ring are refused or found empty, without a panic.
#[test]
fn noise_is_no_ring() {
    let mut state = 1_u64;
    for _ in 0..50 {
        let hand = Hand::new();
        let mut noise = vec![0; 4 * BLOCK_LEN];
        for byte in &mut noise {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = state.to_le_bytes()[7];
        }
        hand.file.write(0, &[&noise], Sync::Later).unwrap();
        let (lens, recovered) = hand.recover();
        assert_eq!((lens.len(), recovered.unwrap().report.head), (0, Lsn(0)));
        assert!(identify(hand.file.clone(), None, None).is_err());
    }
}

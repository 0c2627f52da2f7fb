use std::path::Path;

use broker_env::aligned::AlignedBuf;
use broker_env::disk::{Disk, Open, Sync};
use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};

use super::*;

const FILE: FileId = FileId(1);
const MIB: u64 = 1 << 20;

/// A file of 4 MiB in which each MiB has its own byte.
fn file(disk: &dyn Disk) -> Arc<dyn DiskFile> {
    let file = disk.open(Path::new("/sealed"), Open::create_new().direct()).unwrap();
    for number in 0..4_u8 {
        let mut bytes = AlignedBuf::zeroed(to_usize(MIB));
        bytes.fill(number);
        file.write_at(&bytes, u64::from(number) * MIB, Sync::Later).unwrap();
    }
    file
}

fn ahead(bytes_max: u64) -> Arc<ReadAhead> {
    ReadAhead::new(BufferPool::new(0), bytes_max)
}

/// `len` bytes from `end` on are next, if any.
fn behind(end: u64, len: u64) -> impl Iterator<Item = Range<u64>> {
    Some(end..end + len).filter(|_| len > 0).into_iter()
}

#[test]
fn who_reads_on_finds_the_next_piece_and_only_once() {
    let (file, ahead) = (file(&MemDisk::new()), ahead(8 * MIB));
    ahead.follow(FILE, &file, 0..MIB / 2, behind(MIB / 2, MIB));
    assert_eq!(ahead.take(FILE, MIB / 2, 100), None, "one read is not a habit");
    ahead.follow(FILE, &file, MIB / 2..MIB - 7, behind(MIB - 7, MIB));
    let found = ahead.take(FILE, MIB - 7, MIB).unwrap();
    assert_eq!(found.len() as u64, MIB);
    assert_eq!((found[6], found[7]), (0, 1));
    assert_eq!(ahead.take(FILE, MIB - 7, MIB), None);
}

#[test]
fn another_file_or_more_than_was_read_is_not_found() {
    let (file, ahead) = (file(&MemDisk::new()), ahead(8 * MIB));
    ahead.follow(FILE, &file, 0..MIB, behind(MIB, MIB));
    ahead.follow(FILE, &file, MIB..2 * MIB, behind(2 * MIB, MIB / 2));
    assert_eq!(ahead.take(FileId(2), 2 * MIB, 100), None);
    assert_eq!(ahead.take(FILE, 2 * MIB, MIB), None);
    assert!(ahead.take(FILE, 2 * MIB, MIB / 2).is_some());
}

#[test]
fn a_read_that_fails_is_left_to_the_reader() {
    let disk = FaultDisk::over(Arc::new(MemDisk::new()));
    let (file, ahead) = (file(&disk), ahead(8 * MIB));
    let fault = disk.inject(Rule::on(Call::Read).nth(1), Fault::Eio);
    ahead.follow(FILE, &file, 0..MIB, behind(MIB, MIB));
    ahead.follow(FILE, &file, MIB..2 * MIB, behind(2 * MIB, MIB));
    assert_eq!(ahead.take(FILE, 2 * MIB, MIB), None);
    assert_eq!(fault.hits(), 1);
}

#[test]
fn what_nobody_comes_for_makes_room_after_a_while() {
    let (file, ahead) = (file(&MemDisk::new()), ahead(MIB + BLOCK));
    ahead.follow(FILE, &file, 0..MIB, behind(MIB, MIB));
    ahead.follow(FILE, &file, MIB..2 * MIB, behind(2 * MIB, MIB));
    let other = FileId(2);
    ahead.follow(other, &file, 0..MIB, behind(MIB, MIB));
    for _ in 1..PATIENCE {
        ahead.follow(other, &file, MIB..MIB + SHORTEST, behind(MIB + SHORTEST, MIB));
        assert_eq!(ahead.take(other, MIB + SHORTEST, MIB), None);
        ahead.follow(other, &file, MIB + SHORTEST..2 * MIB, behind(2 * MIB, 0));
        ahead.follow(other, &file, 0..MIB, behind(MIB, 0));
    }
    ahead.follow(other, &file, MIB..MIB + SHORTEST, behind(MIB + SHORTEST, MIB));
    assert!(ahead.take(other, MIB + SHORTEST, MIB).is_some());
    assert_eq!(ahead.take(FILE, 2 * MIB, MIB), None);
}

#[test]
fn a_piece_that_could_never_wait_turns_nobody_out() {
    let (file, ahead) = (file(&MemDisk::new()), ahead(MIB + BLOCK));
    ahead.follow(FILE, &file, 0..MIB, behind(MIB, MIB));
    ahead.follow(FILE, &file, MIB..2 * MIB, behind(2 * MIB, MIB));
    let other = FileId(2);
    for _ in 0..=PATIENCE {
        ahead.follow(other, &file, 0..MIB, behind(MIB, 3 * MIB));
        ahead.follow(other, &file, MIB..2 * MIB, behind(2 * MIB, 3 * MIB));
    }
    assert!(ahead.take(FILE, 2 * MIB, MIB).is_some());
}

#[test]
fn two_pieces_are_read_ahead_and_each_of_them_once() {
    let (file, ahead) = (file(&MemDisk::new()), ahead(8 * MIB));
    let half = MIB / 2;
    let next = |at: u64| (at..).step_by(to_usize(half)).map(move |at| at..at + half);
    ahead.follow(FILE, &file, 0..half, next(half));
    for at in [half, MIB, MIB + half, 2 * MIB] {
        // The first is its reader's own; from then on all are there.
        assert_eq!(ahead.take(FILE, at, half).is_some(), at > half, "{at}");
        ahead.follow(FILE, &file, at..at + half, next(at + half));
    }
    assert!(ahead.take(FILE, 2 * MIB + half, half).is_some());
    assert!(ahead.take(FILE, 3 * MIB, half).is_some());
    assert_eq!(ahead.state.lock().bytes, 0, "none was read twice");
}

#[test]
fn what_is_not_read_ahead_for_want_of_room_is_counted() {
    let (file, ahead) = (file(&MemDisk::new()), ahead(MIB));
    ahead.follow(FILE, &file, 0..MIB, behind(MIB, MIB));
    ahead.follow(FILE, &file, MIB..2 * MIB, [2 * MIB..3 * MIB, 3 * MIB..4 * MIB].into_iter());
    assert_eq!(ahead.refused(), 1);
}

use std::io::ErrorKind;

use rstest::rstest;

use super::*;
use crate::aligned::AlignedBuf;
use crate::disk::BLOCK;
use crate::sim::MemDisk;
use crate::threads;

fn disk() -> FaultDisk {
    FaultDisk::over(Arc::new(MemDisk::new()))
}

fn open(disk: &FaultDisk, path: &str) -> Arc<dyn DiskFile> {
    disk.open(Path::new(path), Open::create()).unwrap()
}

fn is_ring(path: &Path) -> bool {
    path.ends_with("ring")
}

fn read(file: &dyn DiskFile, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

#[test]
fn only_the_chosen_call_fails() {
    let disk = disk();
    let fault = disk.inject(Rule::on(Call::Write).path(is_ring).nth(2), Fault::Eio);
    let (ring, other) = (open(&disk, "/ring"), open(&disk, "/other"));
    for _ in 0..3 {
        other.write_at(b"o", 0, Sync::Later).unwrap();
    }
    ring.write_at(b"a", 0, Sync::Later).unwrap();
    assert_eq!(fault.hits(), 0);
    let error = ring.write_at(b"b", 0, Sync::Later).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(Errno::IO.raw_os_error()));
    assert_eq!(read(&*ring, 1), b"a", "the failed write has no effect");
    ring.write_at(b"c", 0, Sync::Later).unwrap();
    assert_eq!(fault.hits(), 1);
}

#[test]
fn a_lasting_fault_hits_until_released() {
    let disk = disk();
    let fault = disk.inject(Rule::on(Call::Write).from_nth(2), Fault::NoSpace);
    let file = open(&disk, "/f");
    file.write_at(b"a", 0, Sync::Later).unwrap();
    for _ in 0..3 {
        let error = file.write_at(b"b", 0, Sync::Later).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
    fault.release();
    file.write_at(b"c", 0, Sync::Later).unwrap();
    assert_eq!(fault.hits(), 3);
}

#[rstest]
#[case::buffered(Open::create())]
#[case::direct(Open::create().direct())]
fn a_short_write_leaves_its_first_bytes(#[case] how: Open) {
    let disk = disk();
    let fault = disk.inject(Rule::on(Call::Write).nth(2), Fault::ShortWrite { bytes: 700 });
    let file = disk.open(Path::new("/f"), how).unwrap();
    let mut block = AlignedBuf::zeroed(BLOCK);
    file.write_at(&block, 0, Sync::Later).unwrap();
    block.fill(1);
    file.write_at(&block, 0, Sync::OwnBytes).unwrap_err();
    assert_eq!(fault.hits(), 1);
    file.read_exact_at(&mut block, 0).unwrap();
    assert_eq!(block[..700], [1; 700]);
    assert_eq!(block[700..], [0; BLOCK - 700]);
}

#[test]
fn a_bit_flips_in_one_read_or_for_good() {
    let disk = disk();
    let file = open(&disk, "/f");
    file.write_at(&[0; 10], 0, Sync::Later).unwrap();
    let once = disk.inject(Rule::on(Call::Read), Fault::FlipOnRead { at: 4, mask: 0x81 });
    let mut before = [0; 4];
    file.read_exact_at(&mut before, 0).unwrap();
    assert_eq!(once.hits(), 0, "the byte was not read");
    assert_eq!(read(&*file, 10), [0, 0, 0, 0, 0x81, 0, 0, 0, 0, 0]);
    assert_eq!(read(&*file, 10), [0; 10]);
    assert_eq!(once.hits(), 1);

    let rot = disk.inject(Rule::on(Call::Write), Fault::FlipAtRest { at: 2, mask: 1 });
    file.write_at(&[7; 3], 0, Sync::Later).unwrap();
    assert_eq!(rot.hits(), 1);
    assert_eq!(read(&*file, 3), [7, 7, 6]);
    flip_bits(&disk, Path::new("/f"), 2, 1).unwrap();
    assert_eq!(read(&*file, 3), [7, 7, 7]);
}

#[test]
fn a_stalled_call_waits_for_its_release() {
    let disk = disk();
    let file = open(&disk, "/f");
    let stall = disk.inject(Rule::on(Call::SyncData), Fault::Stall);
    let syncing = threads::spawn("syncing", move || file.sync_data()).unwrap();
    stall.wait_hit();
    assert!(!syncing.is_finished());
    stall.release();
    syncing.join().unwrap().unwrap();
}

type Act = fn(&dyn Disk, &dyn DiskFile) -> io::Result<()>;

#[test]
fn every_call_can_fail() {
    let table: [(Call, Act); 12] = [
        (Call::Open, |disk, _| disk.open(Path::new("/f"), Open::read()).map(drop)),
        (Call::Read, |_, file| file.read_at(&mut [0], 0).map(drop)),
        (Call::Write, |_, file| file.write_at(b"x", 0, Sync::Later)),
        (Call::SyncData, |_, file| file.sync_data()),
        (Call::Allocate, |_, file| file.allocate(1)),
        (Call::PunchHole, |_, file| file.punch_hole(0, 1)),
        (Call::SetLen, |_, file| file.set_len(1)),
        (Call::CreateDir, |disk, _| disk.create_dir_all(Path::new("/d"))),
        (Call::Rename, |disk, _| disk.rename(Path::new("/f"), Path::new("/g"))),
        (Call::Remove, |disk, _| disk.remove_file(Path::new("/f"))),
        (Call::SyncDir, |disk, _| disk.sync_dir(Path::new("/"))),
        (Call::List, |disk, _| disk.list(Path::new("/")).map(drop)),
    ];
    for (call, act) in table {
        let disk = disk();
        let file = open(&disk, "/f");
        let fault = disk.inject(Rule::on(call), Fault::Eio);
        assert!(act(&disk, &*file).is_err(), "{call:?}");
        assert_eq!(fault.hits(), 1, "{call:?}");
        act(&disk, &*file).unwrap();
    }
}

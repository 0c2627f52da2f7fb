use std::io::ErrorKind;

use super::*;
use crate::aligned::AlignedBuf;

const PATH: &str = "/a";

fn open(disk: &MemDisk, how: Open) -> Arc<dyn DiskFile> {
    disk.open(Path::new(PATH), how).unwrap()
}

#[test]
fn space_runs_out_and_comes_back() {
    let disk = MemDisk::with_capacity(8 * BLOCK as u64);
    let file = open(&disk, Open::create());
    file.allocate(6 * BLOCK as u64).unwrap();
    file.write_at(&[1; BLOCK], 0, Sync::Later).unwrap();
    assert_eq!(disk.free_bytes(Path::new("/")).unwrap(), 2 * BLOCK as u64);
    let full = file.write_at(&[1; 3 * BLOCK], 6 * BLOCK as u64, Sync::Later).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    assert_eq!(file.allocate(9 * BLOCK as u64).unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(file.len().unwrap(), 6 * BLOCK as u64, "a refused write changes nothing");

    file.punch_hole(0, 5 * BLOCK as u64).unwrap();
    assert_eq!(disk.image().used_bytes(), BLOCK as u64);
    disk.remove_file(Path::new(PATH)).unwrap();
    assert_eq!(disk.image().used_bytes(), BLOCK as u64, "a handle keeps the space");
    drop(file);
    assert_eq!(disk.image().used_bytes(), 0);
}

#[test]
fn direct_files_refuse_what_a_disk_would() {
    let disk = MemDisk::new();
    let file = open(&disk, Open::create().direct());
    let buffer = AlignedBuf::zeroed(2 * BLOCK);
    file.write_at(&buffer, 0, Sync::Later).unwrap();
    for (bytes, at) in [(&buffer[..SMALL], 0), (&buffer[1..=BLOCK], 0), (&buffer[..BLOCK], 512)] {
        let refused = file.write_at(bytes, at, Sync::Later).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    }
    assert!(file.read_at(&mut [0; 10], 0).is_err());
}

const SMALL: usize = 512;

#[test]
fn an_image_does_not_change_with_its_disk() {
    let disk = MemDisk::new();
    let file = open(&disk, Open::create());
    file.write_at(&[1; 10_000], 0, Sync::Later).unwrap();
    let image = disk.image();
    file.write_at(&[2; 10_000], 0, Sync::Later).unwrap();

    let restored = MemDisk::from_image(image);
    let mut back = vec![0; 10_000];
    open(&restored, Open::read()).read_exact_at(&mut back, 0).unwrap();
    assert_eq!(back, [1; 10_000]);
}

#[test]
fn a_position_out_of_the_world_is_an_error() {
    let file = open(&MemDisk::new(), Open::create());
    for at in [u64::MAX, 1 << 50] {
        assert_eq!(
            file.write_at(b"ab", at, Sync::Later).unwrap_err().kind(),
            ErrorKind::FileTooLarge
        );
    }
    assert!(file.set_len(1 << 50).is_err());
}

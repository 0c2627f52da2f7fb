//! One suite for every disk: what the crates above rely on holds on the real one and on the fakes.

use std::io::ErrorKind;
use std::path::PathBuf;

use rstest::rstest;

use super::*;
use crate::aligned::AlignedBuf;
use crate::sim::{FaultDisk, MemDisk, RecordingDisk};

struct Place {
    disk: Arc<dyn Disk>,
    root: PathBuf,
    _temp: Option<tempfile::TempDir>,
}

impl Place {
    fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn file(&self, name: &str) -> Arc<dyn DiskFile> {
        self.disk.open(&self.at(name), Open::create()).unwrap()
    }

    fn names(&self, dir: &str) -> Vec<String> {
        self.disk.list(&self.at(dir)).unwrap().into_iter().map(|entry| entry.name).collect()
    }
}

fn os() -> Place {
    let temp = tempfile::tempdir().unwrap();
    Place { disk: Arc::new(OsDisk), root: temp.path().to_path_buf(), _temp: Some(temp) }
}

fn simulated(disk: impl Disk + 'static) -> Place {
    let root = PathBuf::from("/data");
    disk.create_dir_all(&root).unwrap();
    Place { disk: Arc::new(disk), root, _temp: None }
}

fn mem() -> Place {
    simulated(MemDisk::new())
}

fn recording() -> Place {
    simulated(RecordingDisk::default())
}

fn faultless() -> Place {
    simulated(FaultDisk::over(Arc::new(MemDisk::new())))
}

/// Runs a body once per disk.
macro_rules! on_every_disk {
    ($(fn $name:ident($place:ident) $body:block)*) => {$(
        #[rstest]
        #[case::os(os())]
        #[case::mem(mem())]
        #[case::recording(recording())]
        #[case::faultless(faultless())]
        fn $name(#[case] $place: Place) $body
    )*};
}

on_every_disk! {
    fn written_bytes_are_read_back(place) {
        let file = place.file("a");
        file.write_at(b"hello", 3, Sync::Later).unwrap();
        file.write_at(b"J", 3, Sync::OwnBytes).unwrap();
        file.sync_data().unwrap();
        assert_eq!(file.len().unwrap(), 8);
        let mut all = [1; 8];
        file.read_exact_at(&mut all, 0).unwrap();
        assert_eq!(&all, b"\0\0\0Jello");
    }

    fn a_read_ends_with_the_file(place) {
        let file = place.file("a");
        file.write_at(&[7; 5000], 0, Sync::Later).unwrap();
        let mut buf = [0; 100];
        assert_eq!(file.read_at(&mut buf, 4950).unwrap(), 50);
        assert_eq!(buf[..50], [7; 50]);
        assert_eq!(file.read_at(&mut buf, 5000).unwrap(), 0);
        assert_eq!(file.read_at(&mut buf, 1 << 30).unwrap(), 0);
        let missed = file.read_exact_at(&mut buf, 4950).unwrap_err();
        assert_eq!(missed.kind(), ErrorKind::UnexpectedEof);
    }

    fn writes_cross_blocks(place) {
        let file = place.file("a");
        let bytes: Vec<u8> = (0..30_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        file.write_at(&bytes, 4090, Sync::Later).unwrap();
        let mut back = vec![0; bytes.len()];
        file.read_exact_at(&mut back, 4090).unwrap();
        assert_eq!(back, bytes);
    }

    fn parts_are_written_one_behind_the_other(place) {
        let file = place.file("a");
        for sync in [Sync::Later, Sync::OwnBytes] {
            file.write_parts_at(&[b"", b"ab", b"", b"cde", b""], 1, sync).unwrap();
            let mut back = [0; 6];
            file.read_exact_at(&mut back, 0).unwrap();
            assert_eq!(&back, b"\0abcde");
        }
        file.write_at(b"", 99, Sync::Later).unwrap();
        file.write_parts_at(&[], 0, Sync::OwnBytes).unwrap();
        assert_eq!(file.len().unwrap(), 6);
    }

    fn direct_files_take_aligned_buffers(place) {
        let path = place.at("direct");
        let file = place.disk.open(&path, Open::create_new().direct()).unwrap();
        let mut buffer = AlignedBuf::zeroed(2 * BLOCK);
        buffer.fill(9);
        file.write_at(&buffer, BLOCK as u64, Sync::OwnBytes).unwrap();
        let mut back = AlignedBuf::zeroed(4 * BLOCK);
        assert_eq!(file.read_at(&mut back, 0).unwrap(), 3 * BLOCK);
        assert_eq!(back[..BLOCK], [0; BLOCK]);
        assert_eq!(back[BLOCK..3 * BLOCK], [9; 2 * BLOCK]);
        // Another handle, through the cache, sees the same.
        let plain = place.disk.open(&path, Open::read()).unwrap();
        let mut byte = [0];
        plain.read_exact_at(&mut byte, 3 * BLOCK as u64 - 1).unwrap();
        assert_eq!(byte, [9]);
    }

    fn a_direct_read_stops_at_an_odd_end(place) {
        place.file("a").write_at(&[5; BLOCK + 100], 0, Sync::Later).unwrap();
        let file = place.disk.open(&place.at("a"), Open::read().direct()).unwrap();
        let mut back = AlignedBuf::zeroed(4 * BLOCK);
        assert_eq!(file.read_at(&mut back, 0).unwrap(), BLOCK + 100);
    }

    fn allocated_space_reads_as_zeros(place) {
        let file = place.file("a");
        file.write_at(b"x", 0, Sync::Later).unwrap();
        file.allocate(100_000).unwrap();
        assert_eq!(file.len().unwrap(), 100_000);
        file.allocate(10).unwrap();
        assert_eq!(file.len().unwrap(), 100_000, "allocation never shortens");
        let mut back = vec![1; 100_000];
        file.read_exact_at(&mut back, 0).unwrap();
        assert_eq!(back[0], b'x');
        assert!(back[1..].iter().all(|&byte| byte == 0));
    }

    fn a_hole_reads_as_zeros_and_keeps_the_length(place) {
        let file = place.file("a");
        file.write_at(&[3; 4 * BLOCK], 0, Sync::Later).unwrap();
        file.punch_hole(100, 2 * BLOCK as u64).unwrap();
        assert_eq!(file.len().unwrap(), 4 * BLOCK as u64);
        let mut back = vec![0; 4 * BLOCK];
        file.read_exact_at(&mut back, 0).unwrap();
        assert_eq!(back[..100], [3; 100]);
        assert_eq!(back[100..100 + 2 * BLOCK], [0; 2 * BLOCK]);
        assert!(back[100 + 2 * BLOCK..].iter().all(|&byte| byte == 3));
    }

    fn a_cut_file_grows_again_with_zeros(place) {
        let file = place.file("a");
        file.write_at(&[3; 100], 0, Sync::Later).unwrap();
        file.set_len(10).unwrap();
        file.set_len(50).unwrap();
        let mut back = [1; 50];
        file.read_exact_at(&mut back, 0).unwrap();
        assert_eq!(back[..10], [3; 10]);
        assert_eq!(back[10..], [0; 40]);
    }

    fn opening_follows_what_was_asked(place) {
        let path = place.at("a");
        let open = |how| place.disk.open(&path, how);
        assert_eq!(open(Open::read()).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(open(Open::update()).unwrap_err().kind(), ErrorKind::NotFound);
        open(Open::create_new()).unwrap().write_at(b"abc", 0, Sync::Later).unwrap();
        let exists = open(Open::create_new()).unwrap_err();
        assert_eq!(exists.kind(), ErrorKind::AlreadyExists);
        assert!(exists.to_string().contains("/a: "), "names the file: {exists}");
        assert_eq!(open(Open::create()).unwrap().len().unwrap(), 3);
        assert!(open(Open::read()).unwrap().write_at(b"x", 0, Sync::Later).is_err());
        assert!(open(Open::replace()).unwrap().is_empty().unwrap());
        let orphan = place.disk.open(&place.at("no/such"), Open::create()).unwrap_err();
        assert_eq!(orphan.kind(), ErrorKind::NotFound);
    }

    fn a_rename_replaces_and_open_handles_go_on(place) {
        let old = place.file("old");
        let replaced = place.file("new");
        old.write_at(b"old", 0, Sync::Later).unwrap();
        replaced.write_at(b"replaced", 0, Sync::Later).unwrap();
        place.disk.rename(&place.at("old"), &place.at("new")).unwrap();
        place.disk.sync_dir(&place.root).unwrap();
        assert_eq!(place.names(""), ["new"]);
        assert_eq!(place.file("new").len().unwrap(), 3);
        let mut back = [0; 8];
        replaced.read_exact_at(&mut back, 0).unwrap();
        assert_eq!(&back, b"replaced");
        let missing = place.disk.rename(&place.at("old"), &place.at("x")).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }

    fn a_removed_file_is_read_by_who_has_it_open(place) {
        let file = place.file("a");
        file.write_at(b"abc", 0, Sync::Later).unwrap();
        place.disk.remove_file(&place.at("a")).unwrap();
        assert!(!place.disk.exists(&place.at("a")).unwrap());
        let mut back = [0; 3];
        file.read_exact_at(&mut back, 0).unwrap();
        assert_eq!(&back, b"abc");
        assert!(place.file("a").is_empty().unwrap(), "a new file under the old name");
        let missing = place.disk.remove_file(&place.at("b")).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }

    fn directories_are_made_listed_moved_and_removed(place) {
        let disk = &place.disk;
        disk.create_dir_all(&place.at("x/y/z")).unwrap();
        disk.create_dir_all(&place.at("x/y")).unwrap();
        place.file("x/b").write_at(b"12345", 0, Sync::Later).unwrap();
        place.file("x/a");
        place.file("x/y/c");
        let listed = disk.list(&place.at("x")).unwrap();
        let entry = |name: &str, len, is_dir| DirEntry { name: name.to_owned(), len, is_dir };
        assert_eq!(listed, [entry("a", 0, false), entry("b", 5, false), entry("y", 0, true)]);
        assert!(disk.remove_file(&place.at("x/y")).is_err(), "a directory is no file");

        disk.rename(&place.at("x"), &place.at("w")).unwrap();
        assert_eq!(place.names("w/y"), ["c", "z"]);
        disk.remove_dir_all(&place.at("w")).unwrap();
        disk.sync_dir(&place.root).unwrap();
        assert!(place.names("").is_empty());
        assert!(disk.remove_dir_all(&place.at("w")).is_err());
        assert_eq!(disk.list(&place.at("w")).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(disk.sync_dir(&place.at("w")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    fn a_lock_has_one_holder_until_it_is_dropped(place) {
        let first = place.file("lock");
        let second = place.file("lock");
        assert!(first.try_lock().unwrap());
        assert!(first.try_lock().unwrap(), "the holder asks again");
        assert!(!second.try_lock().unwrap());
        drop(first);
        assert!(second.try_lock().unwrap());
    }

    fn free_space_is_told(place) {
        assert!(place.disk.free_bytes(&place.root).unwrap() > 0);
    }
}

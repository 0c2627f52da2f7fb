//! What stands in where the system refuses; everything else is the contract suite's.

use super::*;
use crate::aligned::AlignedBuf;

#[test]
fn a_refused_direct_file_is_buffered() {
    // procfs has no direct I/O.
    let file = OsDisk.open(Path::new("/proc/self/status"), Open::read().direct()).unwrap();
    assert!(!file.is_direct());
    let mut start = [0; 5];
    file.read_exact_at(&mut start, 0).unwrap();
    assert_eq!(&start, b"Name:");
}

#[test]
fn a_refused_new_file_is_still_new() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let how = Open::create_new().direct();
    let file = OsDisk.open(&path, how).unwrap();
    file.write_at(&AlignedBuf::zeroed(super::super::BLOCK), 0, Sync::Later).unwrap();
    assert_eq!(OsDisk.open(&path, how).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
}

#[test]
fn without_durable_writes_the_file_is_synced() {
    let dir = tempfile::tempdir().unwrap();
    let flags = OFlags::RDWR | OFlags::CREATE;
    let fd = rustix::fs::open(dir.path().join("f"), flags, FILE_MODE).unwrap();
#[test]
fn a_link_to_nothing_is_there_and_what_cannot_be_looked_at_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    assert!(OsDisk.exists(&link).unwrap());
    assert!(!OsDisk.exists(&dir.path().join("nowhere")).unwrap());
    let loop_ = dir.path().join("loop");
    std::os::unix::fs::symlink("loop", &loop_).unwrap();
    let error = OsDisk.exists(&loop_.join("file")).unwrap_err();
    assert!(error.to_string().contains("loop/file: "), "{error}");
}

    let file = OsFile { fd, direct: false, dsync_refused: AtomicBool::new(true) };
    file.write_parts_at(&[b"abc", b"def"], 2, Sync::OwnBytes).unwrap();
    let mut back = [0; 8];
    file.read_exact_at(&mut back, 0).unwrap();
    assert_eq!(&back, b"\0\0abcdef");
}

#[test]
fn errors_name_the_path() {
    let missing = Path::new("/no/such/place");
    for error in [
        OsDisk.open(missing, Open::read()).unwrap_err(),
        OsDisk.list(missing).unwrap_err(),
        OsDisk.sync_dir(missing).unwrap_err(),
        OsDisk.rename(missing, missing).unwrap_err(),
        OsDisk.remove_file(missing).unwrap_err(),
        OsDisk.free_bytes(missing).unwrap_err(),
    ] {
        assert!(error.to_string().starts_with("/no/such/place: "), "{error}");
    }
}

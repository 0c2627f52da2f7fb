//! What stands in where the system refuses; everything else is the contract suite's.

use std::cell::RefCell;

use protocol_types::to_usize;
use rstest::rstest;

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

#[test]
fn without_durable_writes_the_file_is_synced() {
    let dir = tempfile::tempdir().unwrap();
    let flags = OFlags::RDWR | OFlags::CREATE;
    let fd = rustix::fs::open(dir.path().join("f"), flags, FILE_MODE).unwrap();
    let file = OsFile { fd, direct: false, dsync_refused: AtomicBool::new(true) };
    file.write_parts_at(&[b"abc", b"def"], 2, Sync::OwnBytes).unwrap();
    let mut back = [0; 8];
    file.read_exact_at(&mut back, 0).unwrap();
    assert_eq!(&back, b"\0\0abcdef");
}

#[rstest]
#[case::through_the_cache(false, Ok(()), 4)]
#[case::past_it_or_durable(true, Err(Errno::IO), 2)]
fn a_short_write_goes_on_only_through_the_page_cache(
    #[case] whole: bool,
    #[case] result: rustix::io::Result<()>,
    #[case] calls: usize,
) {
    let written = RefCell::new(Vec::new());
    let at_most_two = |parts: &[IoSlice<'_>], at| {
        let bytes = parts.iter().flat_map(|part| part.iter().copied()).take(2);
        let mut written = written.borrow_mut();
        written.push((at, bytes.collect::<Vec<u8>>()));
        Ok(written.last().map_or(0, |(_, bytes)| bytes.len()))
    };
    assert_eq!(write_all(&[b"abc", b"", b"defg"], 10, whole, at_most_two), result);
    let written = written.into_inner();
    assert_eq!(written.len(), calls);
    for (n, (at, bytes)) in (0..).zip(&written) {
        assert_eq!(*at, 10 + 2 * n);
        assert!(b"abcdefg"[to_usize(2 * n)..].starts_with(bytes));
    }
}

#[test]
fn a_file_whose_cache_was_dropped_holds_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    for how in [Open::create(), Open::create().direct()] {
        let file = OsDisk.open(&dir.path().join("f"), how).unwrap();
        let block = AlignedBuf::padded(b"written");
        file.write_at(&block, 0, Sync::Later).unwrap();
        file.drop_cache().unwrap();
        let mut back = AlignedBuf::zeroed(block.len());
        file.read_exact_at(&mut back, 0).unwrap();
        assert!(*back == *block);
    }
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

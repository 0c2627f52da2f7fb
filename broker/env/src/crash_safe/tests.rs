//! What a crash leaves is tested with the crash log (`sim::crash`).

use super::*;
use crate::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use std::sync::Arc;

#[test]
fn a_file_is_replaced_and_read_back() {
    let disk = MemDisk::new();
    let path = Path::new("/state");
    assert_eq!(read_file(&disk, path).unwrap(), None);
    for bytes in [&b"first and long"[..], b"second", b""] {
        replace_file(&disk, path, bytes).unwrap();
        assert_eq!(read_file(&disk, path).unwrap().unwrap(), bytes);
    }
    assert_eq!(disk.list(Path::new("/")).unwrap().len(), 1, "no temporary file stays");
}

#[test]
fn a_failed_replacement_keeps_the_old_bytes_and_can_be_repeated() {
    for call in [Call::Open, Call::Write, Call::SyncData, Call::Rename] {
        let disk = FaultDisk::over(Arc::new(MemDisk::new()));
        let path = Path::new("/state");
        replace_file(&disk, path, b"old and longer").unwrap();
        let fault = disk.inject(Rule::on(call), Fault::Eio);
        replace_file(&disk, path, b"new").unwrap_err();
        assert_eq!(fault.hits(), 1);
        assert_eq!(read_file(&disk, path).unwrap().unwrap(), b"old and longer");
        replace_file(&disk, path, b"new").unwrap();
        assert_eq!(read_file(&disk, path).unwrap().unwrap(), b"new");
    }
}

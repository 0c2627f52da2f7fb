//! Files of arbitrary bytes on a disk in memory, and the numbers in them.

use std::path::Path;

use broker_env::disk::{Create, Disk, Open, Sync};
use broker_env::sim::MemDisk;
use protocol_types::to_usize;

/// Where the files of a target lie.
pub(super) const DIR: &str = "/fuzz";

/// A disk that holds these files.
pub(super) fn with_files(files: &[(&Path, &[u8])]) -> MemDisk {
    let disk = MemDisk::new();
    let write = || {
        disk.create_dir_all(Path::new(DIR))?;
        files.iter().try_for_each(|(path, bytes)| {
            let file =
                disk.open(path, Open { write: true, create: Create::New, ..Open::read() })?;
            file.write_at(bytes, 0, Sync::Later)
        })
    };
    match write() {
        Ok(()) => disk,
        Err(error) => panic!("a disk in memory fails: {error}"),
    }
}

/// The bytes of a file.
pub(super) fn read(disk: &MemDisk, path: &Path) -> Vec<u8> {
    let read = || {
        let file = disk.open(path, Open::read())?;
        let mut bytes = vec![0; to_usize(file.len()?)];
        file.read_exact_at(&mut bytes, 0)?;
        Ok::<_, std::io::Error>(bytes)
    };
    match read() {
        Ok(bytes) => bytes,
        Err(error) => panic!("a disk in memory fails: {error}"),
    }
}

/// The little-endian number at `at`, if it lies within `bytes`.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

/// Overwrites what lies within `bytes`.
pub(super) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(field) = at.checked_add(value.len()).and_then(|end| bytes.get_mut(at..end)) {
        field.copy_from_slice(value);
    }
}

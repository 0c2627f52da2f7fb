//! Small files that are replaced whole or not at all.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, Open, Sync};

#[cfg(test)]
mod tests;

/// Replaces the contents of `path` by `bytes`. When it returns, the new contents are durable;
/// after a crash on the way `path` holds either the old bytes or the new ones, never a mixture.
/// A left-over `<path>.tmp` is of no meaning and is overwritten by the next call.
pub fn replace_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary_of(path);
    let file = disk.open(&temporary, Open::replace())?;
    file.write_at(bytes, 0, Sync::Later)?;
    file.sync_data()?;
    drop(file);
    disk.rename(&temporary, path)?;
    disk.sync_dir(parent_of(path))
}

/// Reads a whole file; `None` if there is none.
pub fn read_file(disk: &dyn Disk, path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(path, Open::read()) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = vec![0; protocol_types::to_usize(file.len()?)];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(Some(bytes))
}

fn temporary_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".tmp");
    name.into()
}

pub(crate) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

//! Opening the files: the lock, the ring file, and its creation, which is whole or did not happen.

use std::io;
use std::path::Path;
use std::sync::Arc;

use broker_env::aligned::AlignedBuf;
use broker_env::disk::{Disk, DiskFile, Open};
use broker_env::random;
use protocol_types::{Lsn, to_usize};

use crate::config::WalConfig;
use crate::error::OpenError;
use crate::geometry::{BLOCK, Geometry};
use crate::group::GENESIS;
use crate::ring_file::{LOCK_FILE, NEW_FILE, RING_FILE, RingFile};
use crate::sector::Identity;
use crate::superblock::Superblock;
use crate::zero_ahead::{ZERO_CHUNK, ZeroAhead};

/// Takes the lock that says who has the ring open. It ends with the handle.
pub(crate) fn lock(disk: &dyn Disk, dir: &Path, how: Open) -> Result<Arc<dyn DiskFile>, OpenError> {
    let path = dir.join(LOCK_FILE);
    let failed = |source| OpenError::Io { path: path.clone(), source };
    let file = disk.open(&path, how).map_err(failed)?;
    if !file.try_lock().map_err(failed)? {
        return Err(OpenError::InUse { path: dir.join(RING_FILE) });
    }
    Ok(file)
}

/// The ring file for reading and writing, made if it is missing. The flag tells whether it was made.
pub(crate) fn open_or_create(
    disk: &dyn Disk,
    config: &WalConfig,
    geometry: Geometry,
    from: Lsn,
    incarnation: u64,
) -> Result<(RingFile, bool), OpenError> {
    let path = config.dir.join(RING_FILE);
    let there = disk.exists(&path);
    let made = !there.map_err(|source| OpenError::Io { path: path.clone(), source })?;
    if made {
        if from > Lsn(0) {
            return Err(OpenError::Missing { path, from });
        }
        create(disk, config, geometry, incarnation)?;
    }
    Ok((open(disk, config, geometry)?, made))
}

/// Takes disk space for all of a file that is as long as its ring. A sparse one on a full disk must
/// fail here, not under load; one that was cut short must not come back to its length unseen.
pub(crate) fn take_space(file: &RingFile) -> Result<(), OpenError> {
    file.allocate().map_err(|source| no_space(file, source))
}

/// A further handle to the ring file.
pub(crate) fn open(
    disk: &dyn Disk,
    config: &WalConfig,
    geometry: Geometry,
) -> Result<RingFile, OpenError> {
    let path = config.dir.join(RING_FILE);
    match disk.open(&path, Open::update().direct()) {
        Ok(file) => Ok(RingFile::new(file, path, geometry)),
        Err(source) => Err(OpenError::Io { path, source }),
    }
}

fn create(
    disk: &dyn Disk,
    config: &WalConfig,
    geometry: Geometry,
    incarnation: u64,
) -> Result<(), OpenError> {
    let path = config.dir.join(NEW_FILE);
    let failed = |source| OpenError::Io { path: path.clone(), source };
    let file = disk.open(&path, Open::replace().direct()).map_err(failed)?;
    let file = RingFile::new(file, path.clone(), geometry);
    file.allocate().map_err(|source| no_space(&file, source))?;
    let mut uuid = [0; 16];
    random::fill(&mut uuid).map_err(failed)?;
    let mut superblock = Superblock {
        identity: Identity { node: config.node, uuid },
        sequence: 1,
        capacity: geometry.capacity(),
        // No process has appended: the one that opens it brings the first.
        incarnation: incarnation.saturating_sub(1),
        start: 0,
        trim: 0,
        trim_chain: GENESIS,
        durable_floor: 0,
        frontier: 0,
    };
    zero_for(&file, &mut superblock, 0, config.zero_ahead).map_err(failed)?;
    file.write_superblock(&superblock).map_err(failed)?;
    file.sync().map_err(failed)?;
    disk.rename(&path, &config.dir.join(RING_FILE)).map_err(failed)?;
    disk.sync_dir(&config.dir).map_err(failed)
}

/// Writes and syncs zeros where the START entry goes, if there are none. The caller writes the
/// superblock.
pub(crate) fn zero_for(
    file: &RingFile,
    superblock: &mut Superblock,
    head: u64,
    zero_ahead: u64,
) -> io::Result<()> {
    let ahead = zero_ahead.clamp(BLOCK, ZERO_CHUNK);
    let needed = ZeroAhead::new(superblock.capacity, ahead).next(head, superblock.frontier);
    if let Some(slots) = needed {
        superblock.frontier = slots.end;
        file.zero(slots, &AlignedBuf::zeroed(to_usize(ahead)))?;
        file.sync()?;
    }
    Ok(())
}

fn no_space(file: &RingFile, source: io::Error) -> OpenError {
    let path = file.path().to_path_buf();
    // Too large for the file system, or for a limit of the process: a smaller ring is the way here too.
    let kinds =
        [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge];
    if kinds.contains(&source.kind()) {
        return OpenError::NoSpace { path, bytes: file.geometry.file_len(), source };
    }
    OpenError::Io { path, source }
}

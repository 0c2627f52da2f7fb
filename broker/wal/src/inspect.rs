//! A look at a ring nobody has open: what recovery would find, with nothing written.

use std::path::{Path, PathBuf};

use broker_env::disk::{Disk, Open};
use protocol_types::{Instant, Lsn};

use crate::config::{NodeIdentity, WalConfig};
use crate::create;
use crate::entry::Replayed;
use crate::error::{OpenError, ReplayError};
use crate::events::RecoveryReport;
use crate::geometry::{GRAIN, Geometry};
use crate::recovery;
use crate::ring_file::{LOCK_FILE, RING_FILE, RingFile};

/// What lies in a ring file.
#[derive(Debug)]
pub struct Inspection {
    pub path: PathBuf,
    /// Whose ring it is.
    pub node: NodeIdentity,
    /// Identity of the ring itself, drawn when it was made.
    pub uuid: [u8; 16],
    pub capacity: u64,
    /// Number of the superblock's last write.
    pub superblock_sequence: u64,
    /// Boot of the process that wrote the superblock.
    pub incarnation: u64,
    /// Slots below it were written once.
    pub frontier: u64,
    /// What a broker's start would find, or why it would refuse.
    pub recovery: Result<RecoveryReport, OpenError>,
}

/// Reads the ring in `dir` and hands every entry to `visit`, in LSN order, as far as the log is
/// intact. Fails if a broker has it open, or there is no superblock to begin with.
pub fn inspect(
    disk: &dyn Disk,
    dir: &Path,
    visit: &mut dyn FnMut(Replayed<'_>) -> Result<(), ReplayError>,
) -> Result<Inspection, OpenError> {
    // A ring without a lock file was never opened by a broker, or was copied without it.
    let path = dir.join(LOCK_FILE);
    let there = disk.exists(&path).map_err(|source| OpenError::Io { path, source })?;
    let _lock = if there { Some(create::lock(disk, dir, Open::read())?) } else { None };
    let path = dir.join(RING_FILE);
    let file = match disk.open(&path, Open::read().direct()) {
        Ok(file) => RingFile::new(file, path.clone(), Geometry::new(GRAIN)?),
        Err(source) => return Err(OpenError::Io { path, source }),
    };
    let (file, superblock) = recovery::identify(file, None, None)?;
    let identity = superblock.identity;
    let window = WalConfig::new(dir, superblock.capacity, 0, identity.node).group_bytes_max;
    let from = Lsn(superblock.trim);
    let recovery = recovery::run(&file, superblock, window, from, Instant(0), visit);
    Ok(Inspection {
        path,
        node: identity.node,
        uuid: identity.uuid,
        capacity: superblock.capacity,
        superblock_sequence: superblock.sequence,
        incarnation: superblock.incarnation,
        frontier: superblock.frontier,
        recovery: recovery.map(|recovered| recovered.report),
    })
}

//! The data directory: rights, space, direct writes, how long a sync takes.

use std::io;
use std::path::{Path, PathBuf};

use broker_env::aligned::AlignedBuf;
use broker_env::disk::{BLOCK, Disk, DiskFile, Open, OsDisk, Sync};
use broker_env::{Clock, OsClock};
use config::BrokerConfig;

use super::Finding;

/// Syncs that are timed.
const SYNCS: usize = 64;
/// A sync that takes longer makes every producer slow.
const SYNC_SLOW_NANOS: u64 = 10_000_000;

/// Whether a broker has the directory open.
pub(super) fn is_running(dir: &Path) -> bool {
    let lock = OsDisk.open(&dir.join("ring").join("ring.lock"), Open::update());
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Ok(false)))
}

pub(super) fn look(config: &BrokerConfig, running: bool) -> Vec<Finding> {
    let dir = &config.data_dir;
    let place = existing(dir);
    let shown = dir.display();
    let mut findings = Vec::new();
    match Trial::begin(&place) {
        Ok(trial) => {
            let state = if running {
                "in use by a running broker"
            } else if *dir == place {
                "writable"
            } else {
                "will be created"
            };
            findings.push(Finding::ok("data directory", format!("{shown}: {state}")));
            findings.push(trial.direct());
            findings.push(trial.sync());
        }
        Err(error) => {
            let remedy = "give this user the right to write there, or choose another with --data";
            findings.push(Finding::failed("data directory", format!("{shown}: {error}"), remedy));
        }
    }
    findings.push(space(config, &place));
    findings
}

/// The directory, or what there is of it.
fn existing(dir: &Path) -> PathBuf {
    let there = |dir: &&Path| OsDisk.exists(dir).unwrap_or(false);
    let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    whole.ancestors().find(there).unwrap_or(dir).to_owned()
}

fn space(config: &BrokerConfig, place: &Path) -> Finding {
    let ring = config.data_dir.join("ring").join("ring.log");
    let taken = OsDisk.open(&ring, Open::read()).and_then(|file| file.len()).unwrap_or(0);
    let needed = config.ring_size.saturating_sub(taken);
    let free = match OsDisk.free_bytes(place) {
        Ok(free) => free,
        Err(error) => {
            return Finding::warning("disk space", error.to_string(), "check the file system");
        }
    };
    let found = format!("{} free, the ring takes {}", mib(free), mib(needed));
    if free < needed {
        let remedy = "free space, choose another directory with --data, or a smaller ring.size";
        return Finding::failed("disk space", found, remedy);
    }
    if free < needed.saturating_add(config.ring_size) {
        let remedy = "sealed data needs room too: free space, or set retention.bytes of topics";
        return Finding::warning("disk space", found, remedy);
    }
    Finding::ok("disk space", found)
}

pub(super) fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// A file to try the disk with; removed when it is dropped.
struct Trial {
    path: PathBuf,
    file: std::sync::Arc<dyn DiskFile>,
}

impl Trial {
    fn begin(dir: &Path) -> io::Result<Self> {
        let path = dir.join(format!(".ringtide-doctor-{}", std::process::id()));
        let direct = OsDisk.open(&path, Open::replace().direct());
        let file = direct.or_else(|_| OsDisk.open(&path, Open::replace()))?;
        let trial = Self { path, file };
        // Space for all writes first, as the ring has it.
        trial.file.allocate((SYNCS * BLOCK) as u64)?;
        trial.file.write_at(&AlignedBuf::zeroed(SYNCS * BLOCK), 0, Sync::Later)?;
        trial.file.sync_data()?;
        Ok(trial)
    }

    fn direct(&self) -> Finding {
        if self.file.is_direct() {
            return Finding::ok("direct writes", "supported");
        }
        let remedy =
            "works, at the cost of memory and processor time; a local ext4 or XFS has them";
        Finding::warning("direct writes", "not supported by this file system", remedy)
    }

    fn sync(&self) -> Finding {
        let block = AlignedBuf::zeroed(BLOCK);
        let mut nanos = Vec::with_capacity(SYNCS);
        for at in 0..SYNCS {
            let began = OsClock.now();
            if let Err(error) = self.file.write_at(&block, (at * BLOCK) as u64, Sync::OwnBytes) {
                let remedy = "look at the device and the kernel's log";
                return Finding::failed("disk sync", error.to_string(), remedy);
            }
            nanos.push(OsClock.now().nanos_since(began));
        }
        nanos.sort_unstable();
        let median = nanos.get(SYNCS / 2).copied().unwrap_or_default();
        let worst = nanos.last().copied().unwrap_or_default();
        let found = format!("median {} µs, worst {} µs", median / 1_000, worst / 1_000);
        if median > SYNC_SLOW_NANOS {
            let remedy = "every acknowledgement waits for a sync: use a local SSD, or \
                          flush.policy=async where a loss is bearable";
            return Finding::warning("disk sync", found, remedy);
        }
        Finding::ok("disk sync", found)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Err(error) = OsDisk.remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "cannot remove a trial file");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_not_there_yet_is_tried_where_it_will_be() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(existing(&dir.path().join("a/b")), dir.path());
        let trial = Trial::begin(dir.path()).unwrap();
        assert!(trial.sync().found.contains("median"));
        drop(trial);
        assert!(OsDisk.list(dir.path()).unwrap().is_empty(), "nothing is left behind");
        assert!(Trial::begin(&dir.path().join("missing")).is_err());
    }
}

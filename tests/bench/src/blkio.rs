//! A slow disk for one process: version 1 of the kernel's control groups paces direct writes.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

const ROOT: &str = "/sys/fs/cgroup/blkio";

/// A control group. Its process has to end before it is dropped.
#[derive(Debug)]
pub(crate) struct Pace {
    group: PathBuf,
}

impl Pace {
    /// From now on process `pid` writes at most `bytes` a second to the disk that `data` is on,
    /// as far as it passes the page cache. An error says what the machine does not allow.
    pub(crate) fn writes(pid: u32, data: &Path, bytes: u64) -> Result<Self> {
        let disk = disk_of(data)?;
        let group = Path::new(ROOT).join(format!("ringtide-bench-{pid}"));
        fs::create_dir(&group).context("no control group for block devices can be made")?;
        let pace = Self { group };
        let limit = pace.group.join("blkio.throttle.write_bps_device");
        fs::write(limit, format!("{disk} {bytes}")).context("writes cannot be paced")?;
        fs::write(pace.group.join("cgroup.procs"), pid.to_string())
            .context("the broker cannot be put into a control group")?;
        Ok(pace)
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        // The kernel lets go of an ended process a moment later.
        for _ in 0..50 {
            if fs::remove_dir(&self.group).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        eprintln!("a control group stays: {}", self.group.display());
    }
}

/// `major:minor` of the whole disk: a partition cannot be paced.
fn disk_of(data: &Path) -> Result<String> {
    let device = fs::metadata(data)?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let block = PathBuf::from(format!("/sys/dev/block/{major}:{minor}"));
    let number = if block.join("partition").exists() {
        fs::read_to_string(block.canonicalize()?.join("../dev"))
    } else {
        fs::read_to_string(block.join("dev"))
    };
    Ok(number.context("the data is on no block device of its own")?.trim().to_owned())
}

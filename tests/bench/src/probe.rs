//! What the disk itself can do, in the run: figures of brokers mean little without it.
//!
//! All writes pass the page cache, as the ring's and the sealed files' do.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use broker_env::aligned::AlignedBuf;
use broker_env::disk::{Disk as _, DiskFile, Open, OsDisk, Sync};

use crate::quantile;

const SYNC_BYTES: usize = 16 << 10;
const STREAM_BYTES: usize = 1 << 20;
/// Length of a file that is written over; longer than what a disk is likely to cache.
const FILE_BYTES: u64 = 512 << 20;
/// Fresh streams stop here, so that a fast disk is not filled.
const FRESH_MAX: u64 = 4 << 30;
const SPAN: Duration = Duration::from_secs(1);

/// One reading of the disk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Probe {
    /// Durable writes of 16 KB into blocks that were written before, one at a time.
    pub sync_p50_us: f64,
    pub sync_p99_us: f64,
    /// Two streams of 1 MiB writes into blocks the file system hands out anew, together.
    pub fresh_mb_per_second: f64,
    /// Two streams over blocks that were written before, together.
    pub written_mb_per_second: f64,
    /// One stream of either kind, as the ring and the sealed files are written, together.
    pub mixed_mb_per_second: f64,
}

#[derive(Clone, Copy, Debug)]
enum Blocks {
    Fresh,
    Written,
}

impl Probe {
    /// Takes about five seconds and up to 8 GiB in `dir`, given back at the end.
    pub(crate) fn take(dir: &Path) -> Result<Self> {
        let dir = dir.join("probe");
        OsDisk.create_dir_all(&dir)?;
        let open = |name: &str| OsDisk.open(&dir.join(name), Open::replace().direct());
        let written = [open("written-0")?, open("written-1")?];
        for file in &written {
            fill(&**file)?;
        }
        let (sync_p50_us, sync_p99_us) = syncs(&*written[0])?;
        let [first, second] = written;
        let over = |file: &Arc<dyn DiskFile>| (Arc::clone(file), Blocks::Written);
        let written_mb_per_second = streams([over(&first), over(&second)])?;
        let mixed_mb_per_second = streams([over(&first), (open("fresh-0")?, Blocks::Fresh)])?;
        let fresh = |name| anyhow::Ok((open(name)?, Blocks::Fresh));
        let fresh_mb_per_second = streams([fresh("fresh-0")?, fresh("fresh-1")?])?;
        OsDisk.remove_dir_all(&dir)?;
        Ok(Self {
            sync_p50_us,
            sync_p99_us,
            fresh_mb_per_second,
            written_mb_per_second,
            mixed_mb_per_second,
        })
    }

    /// For the head of the report.
    pub(crate) fn describe(&self) -> String {
        format!(
            "a durable 16 KB write p50 {:.2} ms, p99 {:.2} ms; two streams of direct writes {:.0} MB/s into \
             fresh blocks, {:.0} MB/s over written ones, {:.0} MB/s one of each",
            self.sync_p50_us / 1e3,
            self.sync_p99_us / 1e3,
            self.fresh_mb_per_second,
            self.written_mb_per_second,
            self.mixed_mb_per_second
        )
    }
}

fn fill(file: &dyn DiskFile) -> Result<()> {
    let chunk = AlignedBuf::zeroed(STREAM_BYTES);
    file.allocate(FILE_BYTES)?;
    for at in (0..FILE_BYTES).step_by(STREAM_BYTES) {
        file.write_at(&chunk, at, Sync::Later)?;
    }
    Ok(file.sync_data()?)
}

/// Median and 99th percentile of a durable write, in microseconds.
fn syncs(file: &dyn DiskFile) -> Result<(f64, f64)> {
    let chunk = AlignedBuf::zeroed(SYNC_BYTES);
    let (began, mut times) = (Instant::now(), Vec::new());
    for at in (0..FILE_BYTES).step_by(SYNC_BYTES) {
        let one = Instant::now();
        file.write_at(&chunk, at, Sync::OwnBytes)?;
        times.push(u32::try_from(one.elapsed().as_nanos()).unwrap_or(u32::MAX));
        if began.elapsed() > SPAN {
            break;
        }
    }
    times.sort_unstable();
    Ok((quantile::us(&times, 0.5), quantile::us(&times, 0.99)))
}

/// MB/s of both streams together.
fn streams(files: [(Arc<dyn DiskFile>, Blocks); 2]) -> Result<f64> {
    let began = Instant::now();
    let threads = files.map(|(file, blocks)| thread::spawn(move || stream(&*file, blocks)));
    let mut bytes = 0;
    for thread in threads {
        bytes += thread.join().ok().context("a stream ended early")??;
    }
    Ok(bytes as f64 / 1e6 / began.elapsed().as_secs_f64())
}

/// Bytes written and synced within about [`SPAN`].
fn stream(file: &dyn DiskFile, blocks: Blocks) -> Result<u64> {
    /// As much as the writer of sealed files allocates ahead.
    const AHEAD: u64 = 16 << 20;
    let chunk = AlignedBuf::zeroed(STREAM_BYTES);
    let (began, mut at) = (Instant::now(), 0);
    while began.elapsed() < SPAN && at < FRESH_MAX {
        match blocks {
            Blocks::Fresh => {
                if at % AHEAD == 0 {
                    file.allocate(at + AHEAD)?;
                }
                file.write_at(&chunk, at, Sync::Later)?;
            }
            Blocks::Written => file.write_at(&chunk, at % FILE_BYTES, Sync::Later)?,
        }
        at += STREAM_BYTES as u64;
    }
    file.sync_data()?;
    Ok(at)
}

//! Several writes of sealed files under way at a time.
//!
//! One write after another leaves the disk idle while the next chunk is copied and checked, and the
//! sealer idle while the disk writes. A few lanes, each a thread that writes one chunk at a time,
//! keep both busy. They and their buffers serve file after file: a buffer that is new costs a fault
//! and a clearing for each of its pages. Chunks land in any order: nothing of a file counts before
//! it is finished.

use std::io;
use std::sync::{Arc, OnceLock};

use broker_env::aligned::AlignedBuf;
use broker_env::disk::{DiskFile, Sync};
use broker_env::threads;
use crossbeam::channel::{self, Receiver, Sender};

use super::output::CHUNK;

/// Writes under way at a time. More gain nothing on one disk and delay the ring's own writes.
const LANES: usize = 3;
/// Chunks that wait for a lane: the disk has the next one at once.
const QUEUED: usize = 3;
/// Buffers kept for the next file; those beyond are given back to the system.
const KEPT: usize = LANES + QUEUED + 2;

/// The lanes of all sealed files of a broker. Clones share them; the threads start with the first
/// whole chunk and end with the last clone.
#[derive(Clone, Debug)]
pub struct WriteLanes {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    jobs: OnceLock<Sender<Chunk>>,
    free: (Sender<AlignedBuf>, Receiver<AlignedBuf>),
}

#[derive(Debug)]
struct Chunk {
    file: Arc<dyn DiskFile>,
    buffer: AlignedBuf,
    at: u64,
    done: Sender<io::Result<()>>,
}

impl Default for WriteLanes {
    fn default() -> Self {
        let free = channel::bounded(KEPT);
        Self { shared: Arc::new(Shared { jobs: OnceLock::new(), free }) }
    }
}

impl WriteLanes {
    /// A buffer of one chunk, with whatever was in it last.
    pub(super) fn buffer(&self) -> AlignedBuf {
        self.shared.free.1.try_recv().unwrap_or_else(|_| AlignedBuf::zeroed(CHUNK))
    }

    /// Takes a buffer back.
    pub(super) fn give_back(&self, buffer: AlignedBuf) {
        if buffer.len() == CHUNK {
            // Full: enough are kept.
            let _ = self.shared.free.0.try_send(buffer);
        }
    }

    fn jobs(&self) -> io::Result<&Sender<Chunk>> {
        if let Some(jobs) = self.shared.jobs.get() {
            return Ok(jobs);
        }
        let (jobs, taken) = channel::bounded::<Chunk>(QUEUED);
        for lane in 0..LANES {
            let (taken, free) = (taken.clone(), self.shared.free.0.clone());
            threads::spawn(&format!("seal-write-{lane}"), move || {
                for Chunk { file, buffer, at, done } in taken {
                    let written = file.write_at(&buffer, at, Sync::Later);
                    let _ = free.try_send(buffer);
                    drop(file);
                    // A writer that gave up does not wait for what it began.
                    let _ = done.send(written);
                }
            })?;
        }
        // Two that start at once: the threads of the second end with its sender.
        Ok(self.shared.jobs.get_or_init(|| jobs))
    }
}

/// The writes of one file.
pub(super) struct FileWrites {
    file: Arc<dyn DiskFile>,
    done: (Sender<io::Result<()>>, Receiver<io::Result<()>>),
    in_flight: usize,
}

impl FileWrites {
    pub(super) fn of(file: &Arc<dyn DiskFile>) -> Self {
        Self { file: Arc::clone(file), done: channel::unbounded(), in_flight: 0 }
    }

    /// Gives a whole chunk, to be written at `at`, to a lane. Waits while all are busy and as many
    /// chunks wait.
    ///
    /// # Errors
    /// With that of an earlier write, or when the lanes cannot be started.
    pub(super) fn write(
        &mut self,
        lanes: &WriteLanes,
        buffer: AlignedBuf,
        at: u64,
    ) -> io::Result<()> {
        while let Ok(written) = self.done.1.try_recv() {
            self.in_flight -= 1;
            written?;
        }
        let (file, done) = (Arc::clone(&self.file), self.done.0.clone());
        lanes.jobs()?.send(Chunk { file, buffer, at, done }).map_err(gone)?;
        self.in_flight += 1;
        Ok(())
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// With that of the first write that failed.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        let mut first = Ok(());
        while self.in_flight > 0 {
            let written = self.done.1.recv().map_err(gone)?;
            self.in_flight -= 1;
            first = first.and(written);
        }
        first
    }
}

/// The lanes live as long as what holds a [`WriteLanes`].
fn gone<T>(_: T) -> io::Error {
    io::Error::other("the lanes of sealed files ended")
}

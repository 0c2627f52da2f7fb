//! Several writes of one file under way at a time.
//!
//! One write after another leaves the disk idle while the next chunk is copied and checked, and the
//! sealer idle while the disk writes. A few lanes, each a thread that writes one chunk at a time,
//! keep both busy. Chunks land in any order: nothing of a file counts before it is finished.

use std::io;
use std::sync::Arc;

use broker_env::aligned::AlignedBuf;
use broker_env::disk::{DiskFile, Sync};
use broker_env::threads;
use crossbeam::channel::{self, Receiver, Sender};

use super::output::CHUNK;

/// Writes under way at a time. More gain nothing on one disk and delay the ring's own writes.
const LANES: usize = 3;

/// See the module documentation. Its threads end when it is dropped.
pub(super) struct Lanes {
    jobs: Sender<Chunk>,
    done: Receiver<(AlignedBuf, io::Result<()>)>,
    in_flight: usize,
}

struct Chunk {
    buffer: AlignedBuf,
    len: usize,
    at: u64,
}

impl Lanes {
    /// Starts the lanes of `file`.
    pub(super) fn start(file: &Arc<dyn DiskFile>) -> io::Result<Self> {
        let (jobs, taken) = channel::bounded::<Chunk>(LANES);
        let (finished, done) = channel::bounded(LANES);
        for lane in 0..LANES {
            let (file, taken, finished) = (Arc::clone(file), taken.clone(), finished.clone());
            threads::spawn(&format!("seal-write-{lane}"), move || {
                for Chunk { buffer, len, at } in taken {
                    let bytes = buffer.get(..len).unwrap_or_default();
                    let written = file.write_at(bytes, at, Sync::Later);
                    if finished.send((buffer, written)).is_err() {
                        return;
                    }
                }
            })?;
        }
        Ok(Self { jobs, done, in_flight: 0 })
    }

    /// Gives the first `len` bytes of `buffer` to a lane, and yields a buffer to fill next. Waits
    /// while all lanes are busy.
    ///
    /// # Errors
    /// With that of an earlier write.
    pub(super) fn write(
        &mut self,
        buffer: AlignedBuf,
        len: usize,
        at: u64,
    ) -> io::Result<AlignedBuf> {
        let next =
            if self.in_flight < LANES { AlignedBuf::zeroed(CHUNK) } else { self.wait_one()? };
        self.in_flight += 1;
        // The lanes live as long as this does.
        let gone = |_| io::Error::other("the lanes of a sealed file ended");
        self.jobs.send(Chunk { buffer, len, at }).map_err(gone)?;
        Ok(next)
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// With that of the first write that failed.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        while self.in_flight > 0 {
            self.wait_one()?;
        }
        Ok(())
    }

    fn wait_one(&mut self) -> io::Result<AlignedBuf> {
        let gone = |_| io::Error::other("the lanes of a sealed file ended");
        let (buffer, written) = self.done.recv().map_err(gone)?;
        self.in_flight -= 1;
        written.map(|()| buffer)
    }
}

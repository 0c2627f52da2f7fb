//! Reads on behind readers that go through a file front to back.
//!
//! A consumer that catches up asks for a piece, gets it, and asks for the next: disk and socket would take turns.
//! Who has read two pieces in a row finds the third in memory, or on its way. Bounded in bytes: while what was
//! read ahead waits for its readers, nothing more is, and what nobody came for goes after a while.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, OnceLock};

use broker_env::disk::DiskFile;
use broker_env::threads;
use bytes::Bytes;
use crossbeam::channel::{self, Receiver, Sender};
use parking_lot::Mutex;
use protocol_types::to_usize;

use super::buffers::{BufferPool, PooledBuf};
use super::format::BLOCK;
use crate::FileId;

#[cfg(test)]
mod tests;

/// Reads ahead under way at a time: where several readers are, the disk is busy already.
const LANES: usize = 1;
/// Reads ahead that wait for a lane; beyond them none is begun.
const QUEUED: usize = 2;
/// Ends of reads that are remembered: more readers than this at once are not followed.
const ENDS: usize = 64;
/// So many readers are turned away before what was read for another is given up.
const PATIENCE: u32 = 64;
/// A shorter read is not worth a thread's while.
const SHORTEST: u64 = 64 << 10;

/// See the module documentation.
#[derive(Debug)]
pub(super) struct ReadAhead {
    buffers: Arc<BufferPool>,
    /// Bytes read ahead that may wait for their readers.
    bytes_max: u64,
    state: Mutex<State>,
    jobs: OnceLock<Sender<Job>>,
}

#[derive(Debug, Default)]
struct State {
    /// Where reads ended, oldest first.
    ends: VecDeque<(FileId, u64)>,
    /// What was read ahead, oldest first.
    pieces: VecDeque<Piece>,
    bytes: u64,
    turned_away: u32,
}

/// A range of a file that is in memory or on its way there.
#[derive(Debug)]
struct Piece {
    file: FileId,
    start: u64,
    len: u64,
    read: Receiver<io::Result<PooledBuf>>,
}

#[derive(Debug)]
struct Job {
    file: Arc<dyn DiskFile>,
    start: u64,
    len: u64,
    read: Sender<io::Result<PooledBuf>>,
}

impl ReadAhead {
    /// Nothing is read ahead if `bytes_max` is 0.
    pub(super) fn new(buffers: Arc<BufferPool>, bytes_max: u64) -> Arc<Self> {
        Arc::new(Self { buffers, bytes_max, state: Mutex::default(), jobs: OnceLock::new() })
    }

    pub(super) const fn buffers(&self) -> &Arc<BufferPool> {
        &self.buffers
    }

    /// The `len` bytes at `at` of `file`, if they were read ahead. Blocks while they are on their way.
    /// `None` also when that read failed: the reader's own tells why.
    pub(super) fn take(&self, file: FileId, at: u64, len: u64) -> Option<Bytes> {
        let piece = {
            let mut state = self.state.lock();
            let holds = |piece: &Piece| {
                piece.file == file && piece.start <= at && at + len <= piece.start + piece.len
            };
            let found = state.pieces.iter().position(holds)?;
            let piece = state.pieces.remove(found)?;
            state.bytes -= piece.len;
            piece
        };
        let buffer = piece.read.recv().ok()?.ok()?;
        let from = to_usize(at - piece.start);
        Some(buffer.share(from..from + to_usize(len)))
    }

    /// A read of `file` went from `at` to `end`: if another ended at `at`, what follows is read ahead, `most`
    /// bytes of it.
    pub(super) fn follow(
        &self,
        id: FileId,
        file: &Arc<dyn DiskFile>,
        (at, end): (u64, u64),
        most: u64,
    ) {
        if self.bytes_max == 0 || end - at < SHORTEST {
            return;
        }
        let mut state = self.state.lock();
        let follows = state.ends.iter().position(|&known| known == (id, at));
        if let Some(known) = follows {
            state.ends.remove(known);
        } else if state.ends.len() == ENDS {
            state.ends.pop_front();
        }
        state.ends.push_back((id, end));
        if follows.is_none() || most == 0 {
            return;
        }
        let start = end - end % BLOCK;
        let len = (end + most).next_multiple_of(BLOCK) - start;
        // What could never wait here is no reason to turn others out.
        if len > self.bytes_max || !state.has_room(len, self.bytes_max) {
            return;
        }
        let (read, receiver) = channel::bounded(1);
        let job = Job { file: Arc::clone(file), start, len, read };
        if self.jobs().is_some_and(|jobs| jobs.try_send(job).is_ok()) {
            state.bytes += len;
            state.pieces.push_back(Piece { file: id, start, len, read: receiver });
        }
    }

    /// The way to the lanes; their threads start with the first read ahead and end with `self`.
    fn jobs(&self) -> Option<&Sender<Job>> {
        if let Some(jobs) = self.jobs.get() {
            return Some(jobs);
        }
        let (jobs, taken) = channel::bounded::<Job>(QUEUED);
        for lane in 0..LANES {
            let (taken, buffers) = (taken.clone(), Arc::clone(&self.buffers));
            let work = move || taken.iter().for_each(|job| job.run(&buffers));
            threads::spawn(&format!("read-ahead-{lane}"), work).ok()?;
        }
        Some(self.jobs.get_or_init(|| jobs))
    }
}

impl State {
    /// Whether `len` bytes more may wait for a reader. Who is turned away often enough gets the place of the
    /// oldest piece: its reader has gone.
    fn has_room(&mut self, len: u64, bytes_max: u64) -> bool {
        if self.bytes + len <= bytes_max {
            self.turned_away = 0;
            return true;
        }
        self.turned_away += 1;
        if self.turned_away < PATIENCE {
            return false;
        }
        self.turned_away = 0;
        if let Some(oldest) = self.pieces.pop_front() {
            self.bytes -= oldest.len;
        }
        self.bytes + len <= bytes_max
    }
}

impl Job {
    fn run(self, buffers: &Arc<BufferPool>) {
        let len = to_usize(self.len);
        let mut buffer = buffers.take(len);
        let read = self.file.read_exact_at(buffer.fill(len), self.start).map(|()| buffer);
        // Given up meanwhile: the buffer goes back to its pool.
        let _ = self.read.send(read);
    }
}

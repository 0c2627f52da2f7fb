//! Reads on behind readers that go through a file front to back.
//!
//! A consumer that catches up asks for a piece, gets it, and asks for the next: disk and socket would take turns.
//! Who has read two pieces in a row finds the next two in memory, or on their way. Bounded in bytes: while what was
//! read ahead waits for its readers, nothing more is, and what nobody came for goes after a while.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// Reads ahead under way at a time: as many as one reader has use for.
const LANES: usize = PIECES;
/// Pieces that are read ahead of a reader.
const PIECES: usize = 2;
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
    /// Pieces that were not read ahead for want of room.
    refused: AtomicU64,
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
        Arc::new(Self {
            buffers,
            bytes_max,
            state: Mutex::default(),
            jobs: OnceLock::new(),
            refused: AtomicU64::new(0),
        })
    }

    pub(super) const fn buffers(&self) -> &Arc<BufferPool> {
        &self.buffers
    }

    /// The `len` bytes at `at` of `file`, if they were read ahead. Blocks while they are on their way.
    /// `None` also when that read failed: the reader's own tells why.
    pub(super) fn take(&self, file: FileId, at: u64, len: u64) -> Option<Bytes> {
        let piece = {
            let mut state = self.state.lock();
            let wanted = at..at + len;
            let found = state.pieces.iter().position(|piece| piece.holds(file, &wanted))?;
            let piece = state.pieces.remove(found)?;
            state.bytes -= piece.len;
            piece
        };
        let buffer = piece.read.recv().ok()?.ok()?;
        let from = to_usize(at - piece.start);
        Some(buffer.share(from..from + to_usize(len)))
    }

    /// Somebody has read `place` of `file`. If another read ended where it starts, what they read next is read
    /// ahead: the first places of `next`, of which as many as are wanted are asked for.
    pub(super) fn follow(
        &self,
        id: FileId,
        file: &Arc<dyn DiskFile>,
        place: Range<u64>,
        next: impl Iterator<Item = Range<u64>>,
    ) {
        if self.bytes_max == 0 || place.end - place.start < SHORTEST {
            return;
        }
        let mut state = self.state.lock();
        if !state.goes_on(id, &place) {
            return;
        }
        for wanted in next.take(PIECES) {
            if state.pieces.iter().any(|piece| piece.holds(id, &wanted)) {
                continue;
            }
            let start = wanted.start - wanted.start % BLOCK;
            let len = wanted.end.next_multiple_of(BLOCK) - start;
            // What could never wait here is no reason to turn others out.
            if len > self.bytes_max || !state.has_room(len, self.bytes_max) {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return;
            }
            let (read, receiver) = channel::bounded(1);
            let job = Job { file: Arc::clone(file), start, len, read };
            if self.jobs().is_none_or(|jobs| jobs.try_send(job).is_err()) {
                return;
            }
            state.bytes += len;
            state.pieces.push_back(Piece { file: id, start, len, read: receiver });
        }
    }

    /// How many pieces were not read ahead because as much as may wait for its readers was waiting.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
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

impl Piece {
    fn holds(&self, file: FileId, place: &Range<u64>) -> bool {
        self.file == file && self.start <= place.start && place.end <= self.start + self.len
    }
}

impl State {
    /// Notes where a read of `file` ended; says whether it began where another did.
    fn goes_on(&mut self, file: FileId, place: &Range<u64>) -> bool {
        let before = self.ends.iter().position(|&known| known == (file, place.start));
        match before {
            Some(before) => {
                self.ends.remove(before);
            }
            None if self.ends.len() == ENDS => {
                self.ends.pop_front();
            }
            None => {}
        }
        self.ends.push_back((file, place.end));
        before.is_some()
    }

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
        let read = buffer.read(&*self.file, self.start, len).map(|()| buffer);
        // Given up meanwhile: the buffer goes back to its pool.
        let _ = self.read.send(read);
    }
}

//! The keeper: the background thread that keeps the superblock.
//!
//! It records trim positions before their space is reused (WAL-4), takes memory and writes real zeros
//! ahead of the head during the first lap, and shows the ring's state to the metrics. It has a handle of its own
//! to the file, so that an error of its syncs is not lost to the writer's.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use broker_env::aligned::AlignedBuf;
use protocol_types::{Instant, to_usize};

use crate::metrics::{RingState, float, seconds};
use crate::ring_file::RingFile;
use crate::shared::{PoisonOnPanic, Shared};
use crate::superblock::Superblock;
use crate::warm_ahead::WarmAhead;
use crate::zero_ahead::{ZERO_CHUNK, ZeroAhead};

const TICK: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    file: RingFile,
    superblock: Superblock,
    zero_ahead: ZeroAhead,
    zeros: AlignedBuf,
    warm_ahead: WarmAhead,
    /// Head at the last tick.
    ticked: (Instant, u64),
}

impl Keeper {
    pub(crate) fn new(
        shared: Arc<Shared>,
        file: RingFile,
        superblock: Superblock,
        zero_ahead: ZeroAhead,
    ) -> Self {
        let ticked = (shared.clock.now(), shared.durable());
        // Touched only while there are zeros to write.
        let zeros = AlignedBuf::zeroed(to_usize(ZERO_CHUNK));
        let base = shared.memory.floor();
        let warm_ahead = WarmAhead::new(shared.capacity(), base);
        Self { shared, file, superblock, zero_ahead, zeros, warm_ahead, ticked }
    }

    /// Runs until the log is closed or dead.
    pub(crate) fn run(mut self) {
        let _guard = PoisonOnPanic(Arc::clone(&self.shared));
        loop {
            if self.shared.aborted.load(Ordering::Acquire) {
                return;
            }
            match self.turn() {
                Ok(true) => {}
                Ok(false) => self.rest(),
                Err(error) => return self.shared.poison(&error),
            }
        }
    }

    /// Does one thing, if there is one to do.
    fn turn(&mut self) -> io::Result<bool> {
        let wanted = self.shared.trims.lock().wanted;
        if wanted.lsn > self.superblock.trim {
            self.superblock.trim = wanted.lsn;
            self.superblock.trim_chain = wanted.chain;
            self.write_superblock()?;
            self.shared.set_trim(wanted.lsn);
            return Ok(true);
        }
        if self.warm() {
            return Ok(true);
        }
        let head = self.shared.ring.lock().head();
        let Some(slots) = self.zero_ahead.next(head, self.superblock.frontier) else {
            return Ok(false);
        };
        self.superblock.frontier = slots.end;
        self.file.zero(slots, &self.zeros)?;
        self.file.sync()?;
        self.write_superblock()?;
        self.shared.set_frontier(self.superblock.frontier);
        Ok(true)
    }

    /// Takes memory that appends come to soon, if there is some to take.
    fn warm(&mut self) -> bool {
        let memory = &self.shared.memory;
        let Some(pages) = self.warm_ahead.next(memory.published()) else { return false };
        if memory.populate(pages.start, pages.end) {
            self.warm_ahead.taken(pages.end);
        } else {
            self.warm_ahead.give_up();
        }
        self.shared.warm_due.store(self.warm_ahead.due(), Ordering::Relaxed);
        true
    }

    fn write_superblock(&mut self) -> io::Result<()> {
        self.superblock.sequence += 1;
        self.superblock.durable_floor = self.shared.durable();
        self.file.write_superblock(&self.superblock)
    }

    fn rest(&mut self) {
        let keeping = &self.shared.keeper;
        let mut work = keeping.work.lock();
        if !*work {
            keeping.changed.wait_for(&mut work, TICK);
        }
        *work = false;
        drop(work);
        self.tick();
    }

    fn tick(&mut self) {
        let now = self.shared.clock.now();
        let (since, from) = self.ticked;
        let elapsed = seconds(since, now);
        if elapsed < TICK.as_secs_f64() / 2.0 {
            return;
        }
        let (head, trim, used) = {
            let ring = self.shared.ring.lock();
            (ring.head(), ring.trim(), ring.used())
        };
        let oldest = self.shared.trims.lock().index.first();
        self.shared.metrics.ring(&RingState {
            used,
            capacity: self.shared.capacity(),
            head,
            trim,
            oldest_age_seconds: oldest.map_or(0.0, |mark| seconds(mark.at, now)),
            bytes_per_second: float(head - from) / elapsed,
        });
        self.ticked = (now, head);
    }
}

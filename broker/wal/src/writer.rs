//! The writer: the one thread that writes groups, syncs them and says what is durable.
//!
//! It asks the sync policy what to do, does it, and asks again. A group is written once, when all
//! its bytes are in memory: header block and rest as one write. The durable end moves only after
//! the call that made it true returned (WAL-2), over everything before it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use broker_env::aligned::AlignedBuf;
use broker_env::disk::Sync;
use broker_env::threads;
use protocol_types::{Instant, LocalId, Lsn, to_usize};

use crate::commit_cell::CommitCell;
use crate::config::WalConfig;
use crate::geometry::{BLOCK_LEN, SECTOR, SECTOR_LEN};
use crate::group::{self, GroupHeader};
use crate::group_index::GroupMark;
use crate::ring::Closed;
use crate::ring_file::first_block;
use crate::shared::{PoisonOnPanic, Shared};
use crate::sync_policy::SyncPolicy;

mod decide;

use decide::Todo;

pub(crate) struct Writer {
    shared: Arc<Shared>,
    policy: SyncPolicy,
    zero_ahead: u64,
    /// For the first block of each group.
    block: AlignedBuf,
    /// Link to the last header.
    chain: u128,
    /// End of what was written, synced or not.
    written: u64,
    /// Partitions and marks of groups that are written and not synced.
    unsynced: Unsynced,
    cell_sequence: u64,
    /// The durable floor that disk is sure to know, from a header or a cell that is synced.
    recorded: u64,
    /// When the durable end moved last.
    durable_since: Instant,
    open_seen: (u64, Instant),
    last_entries: u32,
    last_bytes: u64,
    gathered: bool,
    /// The list of the group written last, for the next one.
    spare: Option<Vec<LocalId>>,
}

#[derive(Debug, Default)]
struct Unsynced {
    since: Option<Instant>,
    /// The durable floor in the last header.
    floor: u64,
    touched: Vec<LocalId>,
    marks: Vec<GroupMark>,
}

/// Where the writer goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resume {
    pub(crate) chain: u128,
    pub(crate) cell_sequence: u64,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, config: &WalConfig, resume: Resume) -> Self {
        let now = shared.clock.now();
        let durable = shared.durable();
        Self {
            policy: SyncPolicy::new(config),
            zero_ahead: config.zero_ahead,
            block: AlignedBuf::zeroed(BLOCK_LEN),
            chain: resume.chain,
            written: durable,
            unsynced: Unsynced::default(),
            cell_sequence: resume.cell_sequence,
            recorded: durable,
            durable_since: now,
            open_seen: (u64::MAX, now),
            last_entries: 0,
            last_bytes: 0,
            gathered: false,
            spare: None,
            shared,
        }
    }

    /// Runs until the log is closed, aborted or dead.
    pub(crate) fn run(mut self) {
        let _guard = PoisonOnPanic(Arc::clone(&self.shared));
        loop {
            if self.shared.aborted.load(Ordering::Acquire) {
                return;
            }
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return self.shared.poison(&error),
            }
        }
    }

    /// Writes and syncs what was placed before any thread runs, the START entry.
    pub(crate) fn write_start(&mut self) -> io::Result<()> {
        self.shared.ring.lock().close();
        while let Some(group) = self.take_closed() {
            let mark = self.write_group(&group, Sync::Later)?;
            self.shared.trims.lock().index.push(mark);
        }
        self.shared.file.sync()?;
        self.shared.set_durable(self.written);
        Ok(())
    }

    fn take_closed(&self) -> Option<Closed> {
        self.shared.ring.lock().take_closed()
    }

    /// One step; `false` after the last.
    fn turn(&mut self) -> io::Result<bool> {
        match self.decide() {
            Todo::Write(group) => self.write(group)?,
            Todo::Sync => self.sync()?,
            Todo::CommitCell => self.commit_cell()?,
            Todo::Park(limit) => park(limit),
            Todo::Stop => return Ok(false),
        }
        Ok(true)
    }

    fn write(&mut self, group: Closed) -> io::Result<()> {
        let began = self.shared.clock.now();
        if !self.wait_for_frontier(group.end()) {
            return Ok(());
        }
        let plain = self.unsynced.since.is_some();
        // A durable write vouches for its own bytes alone: after plain ones the file is synced.
        let how = if group.sync && !plain { Sync::OwnBytes } else { Sync::Later };
        let mark = self.write_group(&group, how)?;
        let done = self.shared.clock.now();
        self.shared.metrics.group(group.stored, began, done);
        if group.sync {
            (self.last_entries, self.last_bytes) = (group.entries, group.stored);
        }
        if how == Sync::OwnBytes {
            self.shared.metrics.sync(began, done);
            self.became_durable(&[mark], &group.touched, done);
        } else {
            self.unsynced.since.get_or_insert(done);
            self.unsynced.touched.extend_from_slice(&group.touched);
            self.unsynced.marks.push(mark);
            if group.sync {
                self.sync()?;
            }
        }
        self.spare = Some(group.touched);
        Ok(())
    }

    /// Fills the header and writes the group, once. Keeps its name in the program: the gates count it.
    #[inline(never)]
    fn write_group(&mut self, group: &Closed, sync: Sync) -> io::Result<GroupMark> {
        let shared = &self.shared;
        assert_eq!(group.start, self.written, "groups are written in order");
        let pin = shared.memory.pin(shared.shards, group.start);
        let behind_header = to_usize(group.stored - SECTOR);
        // Nothing below the durable end was given up, and the slot is this thread's alone.
        let bytes = pin.as_ref().and_then(|pin| pin.bytes(group.start + SECTOR, behind_header));
        let Some(bytes) = bytes else {
            unreachable!("the group at {} left memory before it was written", group.start);
        };
        let header = GroupHeader {
            identity: shared.identity,
            incarnation: shared.incarnation,
            lsn: group.start,
            length: group.length,
            stored: group.stored,
            used: group.used,
            entries: group.entries,
            payload_hash: shared.key.hash(bytes),
            chain: self.chain,
            durable_floor: shared.durable(),
            trim_floor: shared.trim(),
        };
        let sector = header.encode(shared.key);
        let (in_first_block, rest) = bytes.split_at(BLOCK_LEN - SECTOR_LEN);
        first_block(&mut self.block, &sector, in_first_block);
        shared.file.write(group.start, &[&self.block, rest], sync)?;
        // A header is a witness of its floor only once it cannot be lost any more.
        match sync {
            Sync::OwnBytes => self.recorded = header.durable_floor,
            Sync::Later => self.unsynced.floor = header.durable_floor,
        }
        self.chain = group::link(&sector, shared.key);
        self.written = group.end();
        let wraps = self.written / shared.capacity() - group.start / shared.capacity();
        shared.metrics.wraps(wraps);
        Ok(GroupMark { lsn: header.lsn, chain: header.chain, at: shared.clock.now() })
    }

    fn sync(&mut self) -> io::Result<()> {
        let began = self.shared.clock.now();
        self.shared.file.sync()?;
        let done = self.shared.clock.now();
        self.shared.metrics.sync(began, done);
        self.recorded = self.recorded.max(self.unsynced.floor);
        self.unsynced.since = None;
        let mut touched = std::mem::take(&mut self.unsynced.touched);
        let mut marks = std::mem::take(&mut self.unsynced.marks);
        touched.sort_unstable();
        touched.dedup();
        self.became_durable(&marks, &touched, done);
        touched.clear();
        marks.clear();
        self.unsynced.touched = touched;
        self.unsynced.marks = marks;
        Ok(())
    }

    /// Everything written is on stable storage.
    fn became_durable(&mut self, marks: &[GroupMark], touched: &[LocalId], at: Instant) {
        {
            let mut trims = self.shared.trims.lock();
            marks.iter().for_each(|mark| trims.index.push(*mark));
        }
        if self.shared.set_durable(self.written) {
            self.durable_since = at;
            self.shared.events.durable(Lsn(self.written), touched);
        }
    }

    fn commit_cell(&mut self) -> io::Result<()> {
        let durable_floor = self.shared.durable();
        let cell = CommitCell {
            identity: self.shared.identity,
            sequence: self.cell_sequence + 1,
            incarnation: self.shared.incarnation,
            durable_floor,
            trim_floor: self.shared.trim(),
        };
        self.shared.file.write_commit_cell(&cell, self.shared.key)?;
        self.cell_sequence = cell.sequence;
        self.recorded = durable_floor;
        Ok(())
    }

    /// Blocks while the first lap has no zeros yet where the group goes; `false` if it never will.
    fn wait_for_frontier(&self, end: u64) -> bool {
        let shared = &self.shared;
        let frontier = shared.frontier.load(Ordering::Acquire);
        if frontier == shared.capacity() {
            return true;
        }
        if end + self.zero_ahead / 2 > frontier {
            shared.wake_keeper();
        }
        end <= frontier
            || shared.wait_until(|| shared.frontier.load(Ordering::Acquire) >= end).is_ok()
    }
}

fn park(limit: Option<Duration>) {
    match limit {
        Some(limit) => threads::park_timeout(limit),
        None => threads::park(),
    }
}

#[cfg(test)]
mod tests;

//! The walk along the chain of groups, from the trim position to the first group that is not there.
//!
//! One window over the file, of the size of the largest ordinary group. A larger group is hashed
//! piece by piece first, and read whole only when it is known to be good.

use std::ops::Range;

use broker_env::aligned::AlignedBuf;
use protocol_types::{Instant, Lsn, to_usize};

use super::decide::Floors;
use super::{Replay, at_path};
use crate::entry::{self, BadEntry, EntryKind, Parsed, Replayed};
use crate::error::OpenError;
use crate::geometry::{BLOCK, SECTOR, SECTOR_LEN};
use crate::group::{self, GroupHeader};
use crate::group_index::{GroupIndex, GroupMark};
use crate::ring_file::RingFile;
use crate::sector::{self, Key};
use crate::superblock::Superblock;

/// Why the walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A whole lap was walked.
    Full,
    /// Nothing was ever written there.
    Frontier,
    /// What is there is not the next group.
    Bad(&'static str),
}

/// Where the walk ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) position: u64,
    pub(super) chain: u128,
    /// Of the last good group, 0 if there is none.
    pub(super) incarnation: u64,
    pub(super) groups: u64,
    pub(super) entries: u64,
    pub(super) replayed: u64,
    pub(super) index: GroupIndex,
}

pub(super) struct Walk<'a> {
    file: &'a RingFile,
    superblock: Superblock,
    key: Key,
    window: &'a mut AlignedBuf,
    /// LSNs that the window holds.
    held: Range<u64>,
    now: Instant,
    floors: Floors,
    end: End,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        file: &'a RingFile,
        superblock: Superblock,
        key: Key,
        window: &'a mut AlignedBuf,
        index: GroupIndex,
        now: Instant,
    ) -> Self {
        let end = End {
            position: superblock.trim,
            chain: superblock.trim_chain,
            incarnation: 0,
            groups: 0,
            entries: 0,
            replayed: 0,
            index,
        };
        Self { file, superblock, key, window, held: 0..0, now, floors: Floors::default(), end }
    }

    pub(super) fn finish(self) -> (End, Floors) {
        (self.end, self.floors)
    }

    pub(super) fn run(&mut self, from: Lsn, replay: Replay<'_>) -> Result<Stop, OpenError> {
        loop {
            let at = self.end.position;
            if at + BLOCK > self.superblock.trim + self.superblock.capacity {
                return Ok(Stop::Full);
            }
            if self.readable(at) < BLOCK {
                return Ok(Stop::Frontier);
            }
            let (header, link) = match self.header(at)? {
                Ok(found) => found,
                Err(reason) => return Ok(Stop::Bad(reason)),
            };
            let large = header.stored > self.window.len() as u64;
            let replayed = if large {
                self.large(&header, from, replay)?
            } else {
                self.ordinary(&header, from, replay)?
            };
            match replayed {
                Ok(entries) => self.end.replayed += entries,
                Err(reason) => return Ok(Stop::Bad(reason)),
            }
            self.step(&header, link);
        }
    }

    /// Bytes behind `at` that may be read in one piece.
    fn readable(&self, at: u64) -> u64 {
        let Superblock { capacity, frontier, trim, .. } = self.superblock;
        let lap = self.file.geometry.lap_left(at);
        let written = if frontier < capacity {
            frontier.saturating_sub(self.file.geometry.slot(at))
        } else {
            lap
        };
        lap.min(written).min((trim + capacity).saturating_sub(at))
    }

    /// Makes `at .. at + len` part of the window, which is at least as long.
    fn load(&mut self, at: u64, len: u64) -> Result<(), OpenError> {
        if self.held.start <= at && at + len <= self.held.end {
            return Ok(());
        }
        let whole = self.readable(at).min(self.window.len() as u64);
        assert!(len <= whole, "a load is within what may be read");
        let (target, _) = self.window.split_at_mut(to_usize(whole));
        self.held = 0..0;
        self.file.read(at, target).map_err(|e| at_path(self.file, e))?;
        self.held = at..at + whole;
        Ok(())
    }

    fn held(&self, range: Range<u64>) -> &[u8] {
        let (from, to) = (range.start - self.held.start, range.end - self.held.start);
        self.window.get(to_usize(from)..to_usize(to)).unwrap_or_default()
    }

    /// The header at `at` and its hash, if it is that of the next group.
    fn header(&mut self, at: u64) -> Result<Result<(GroupHeader, u128), &'static str>, OpenError> {
        self.load(at, BLOCK)?;
        let block = self.held(at..at + BLOCK);
        let Some(header) = GroupHeader::decode(block, self.key) else {
            return Ok(Err("no group header"));
        };
        let link = sector::first(block).map_or(0, |sector| group::link(sector, self.key));
        Ok(self.check(&header, at).map(|()| (header, link)))
    }

    fn check(&self, header: &GroupHeader, at: u64) -> Result<(), &'static str> {
        if header.lsn != at {
            return Err("the group is of another lap");
        }
        if header.identity != self.superblock.identity {
            return Err("the group is another ring's");
        }
        if header.chain != self.end.chain {
            return Err("the group does not follow the one before");
        }
        let Superblock { start, incarnation, .. } = self.superblock;
        // Even a group that a torn write of the new START has made whole again stays cut off.
        if header.lsn >= start && header.incarnation < incarnation {
            return Err("the group was cut off by a later start");
        }
        if header.incarnation < self.end.incarnation {
            return Err("the group is of an earlier boot");
        }
        header.check_lengths(self.file.geometry)?;
        if header.length > self.readable(at) {
            return Err("the group passes the end of what was written");
        }
        Ok(())
    }

    /// Checks and replays a group that fits the window.
    fn ordinary(&mut self, header: &GroupHeader, from: Lsn, replay: Replay<'_>) -> Replayable {
        let start = header.lsn + SECTOR;
        self.load(header.lsn, header.stored)?;
        if self.key.hash(self.held(start..header.lsn + header.stored)) != header.payload_hash {
            return Ok(Err("the payload hash differs"));
        }
        hand_over(header, self.held(start..header.lsn + header.used), from, self.file, replay)
    }

    /// Checks a larger group piece by piece, then reads it whole if its entry is wanted.
    fn large(&mut self, header: &GroupHeader, from: Lsn, replay: Replay<'_>) -> Replayable {
        let end = header.lsn + header.stored;
        let mut hasher = self.key.hasher();
        let mut at = header.lsn;
        while at < end {
            let len = (end - at).min(self.window.len() as u64);
            self.load(at, len)?;
            let skip = if at == header.lsn { SECTOR } else { 0 };
            hasher.write(self.held(at + skip..at + len));
            at += len;
        }
        if hasher.finish_128() != header.payload_hash {
            return Ok(Err("the payload hash differs"));
        }
        if header.end() <= from.0 {
            return Ok(Ok(0));
        }
        let mut whole = AlignedBuf::zeroed(to_usize(header.stored));
        self.file.read(header.lsn, &mut whole).map_err(|e| at_path(self.file, e))?;
        let entries = whole.get(SECTOR_LEN..to_usize(header.used)).unwrap_or_default();
        hand_over(header, entries, from, self.file, replay)
    }

    fn step(&mut self, header: &GroupHeader, link: u128) {
        let mark = GroupMark { lsn: header.lsn, chain: header.chain, at: self.now };
        self.end.index.push(mark);
        self.floors.durable = self.floors.durable.max(header.durable_floor);
        self.floors.trim = self.floors.trim.max(header.trim_floor);
        self.end.groups += 1;
        self.end.entries += u64::from(header.entries);
        self.end.chain = link;
        self.end.incarnation = header.incarnation;
        self.end.position = header.end();
    }
}

/// How many entries of a good group were replayed, or why the group is not good.
type Replayable = Result<Result<u64, &'static str>, OpenError>;

/// Gives the entries of a group to the consumer; all are checked before the first is given.
fn hand_over(
    header: &GroupHeader,
    bytes: &[u8],
    from: Lsn,
    file: &RingFile,
    replay: Replay<'_>,
) -> Replayable {
    let mut rest = bytes;
    for _ in 0..header.entries {
        match entry::parse(rest) {
            Ok(parsed) => rest = rest.get(parsed.size..).unwrap_or_default(),
            Err(BadEntry::PastEnd) => return Ok(Err("an entry passes the end of its group")),
            Err(BadEntry::UnknownKind(kind)) => {
                let (path, at) = (file.path().to_path_buf(), Lsn(header.lsn));
                return Err(OpenError::UnknownKind { path, at, kind });
            }
        }
    }
    if !rest.is_empty() {
        return Ok(Err("the group holds more than its entries"));
    }
    let mut replayed = 0;
    let mut at = header.lsn + SECTOR;
    let mut rest = bytes;
    while let Ok(Parsed { kind, local_id, payload, size }) = entry::parse(rest) {
        let end = Lsn(at + size as u64);
        if end > from && kind != EntryKind::Pad {
            let lsn = Lsn(at + entry::HEADER_LEN as u64);
            let group = Lsn(header.lsn);
            replay(Replayed { kind, local_id, lsn, end, payload, group })
                .map_err(|source| OpenError::Replay { at: lsn, source })?;
            replayed += 1;
        }
        at = end.0;
        rest = rest.get(size..).unwrap_or_default();
    }
    Ok(Ok(replayed))
}

//! When the live records are written again, and how far that is: compaction by re-append.
//!
//! The log of a shard holds what is true and what was. Once what was appended since the last time
//! exceeds both a floor and twice what is true, the live records are appended again, chunk by
//! chunk, between the requests; when the last chunk is durable, everything below the first one is
//! given up. So loading and disk stay in proportion to what is true. A crash in between costs
//! nothing: the records are the same ones. Arithmetic only.

use protocol_types::{Lsn, Offset};

use crate::machine::Cursor;

/// Below this much nothing is written again.
const FLOOR_BYTES: u64 = 1 << 20;

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Reappend {
    /// Bytes of records appended since the last walk began, its own not counted.
    appended: u64,
    /// Bytes of the last walk.
    live: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Idle,
    /// Chunks up to `cursor` are written; the first one lies at or above `from`.
    Writing {
        from: Offset,
        cursor: Option<Cursor>,
        bytes: u64,
    },
    /// All chunks are written and wait to be durable.
    Written {
        from: Offset,
        end: Lsn,
    },
}

impl Reappend {
    /// About how many bytes a chunk has: as long as a shard is kept from its requests.
    pub(crate) const CHUNK: usize = 64 << 10;

    /// A log of `loaded` bytes of batches, of which `live` are true.
    pub(crate) const fn after_load(loaded: u64, live: u64) -> Self {
        Self { appended: loaded.saturating_sub(live), live, state: State::Idle }
    }

    /// Notes `bytes` of decided records.
    pub(crate) const fn appended(&mut self, bytes: u64) {
        self.appended += bytes;
    }

    pub(crate) fn is_due(&self) -> bool {
        let limit = FLOOR_BYTES.max(self.live.saturating_mul(2));
        matches!(self.state, State::Idle) && self.appended > limit
    }

    pub(crate) const fn is_running(&self) -> bool {
        !matches!(self.state, State::Idle)
    }

    /// Behind which cursor the next chunk begins; a walk that begins now writes at `next`. `None`
    /// if there is nothing to write.
    #[expect(clippy::option_option, reason = "no chunk is something else than the first chunk")]
    pub(crate) fn begin_or_continue(&mut self, next: Offset) -> Option<Option<Cursor>> {
        if self.is_due() {
            self.appended = 0;
            self.state = State::Writing { from: next, cursor: None, bytes: 0 };
        }
        match &self.state {
            State::Writing { cursor, .. } => Some(cursor.clone()),
            State::Idle | State::Written { .. } => None,
        }
    }

    /// A chunk of `chunk` bytes was written, up to `next`, and ends at `end`.
    pub(crate) fn advance(&mut self, chunk: u64, next: Option<Cursor>, end: Lsn) {
        let State::Writing { from, cursor, bytes } = &mut self.state else {
            unreachable!("a chunk belongs to a walk")
        };
        *bytes += chunk;
        if next.is_some() {
            *cursor = next;
        } else {
            self.live = *bytes;
            self.state = State::Written { from: *from, end };
        }
    }

    /// The walk cannot go on: the next one begins when as much was appended again.
    pub(crate) fn abandon(&mut self) {
        self.state = State::Idle;
    }

    /// What may be given up once the position is durable: everything below the offset.
    pub(crate) const fn written(&self) -> Option<(Offset, Lsn)> {
        match self.state {
            State::Written { from, end } => Some((from, end)),
            State::Idle | State::Writing { .. } => None,
        }
    }

    /// It was given up.
    pub(crate) fn finish(&mut self) {
        self.state = State::Idle;
    }
}

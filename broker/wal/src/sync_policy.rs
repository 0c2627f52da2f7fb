//! When the writer cuts, writes and syncs. Pure: facts in, one step out.
//!
//! Under load it never waits: what gathered while one group was written is the next. Groups that
//! nobody waits for are written after a size or a delay, and synced within a second.

use std::time::Duration;

use protocol_types::Instant;

use crate::config::WalConfig;
use crate::ring::OpenGroup;

/// A group of fewer entries than this, or of more bytes, is not worth gathering for.
const GATHER_ENTRIES: u32 = 8;
const GATHER_BYTES: u64 = 64 << 10;

/// What the writer knows when it asks for the next step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) now: Instant,
    /// The oldest closed group, if there is one: whether all its bytes are in memory.
    pub(crate) closed: Option<bool>,
    pub(crate) open: Option<OpenGroup>,
    /// When the writer first saw the open group.
    pub(crate) open_seen: Instant,
    /// When the oldest group was written that is not synced.
    pub(crate) unsynced_since: Option<Instant>,
    /// Bytes that are written and not synced.
    pub(crate) unsynced_bytes: u64,
    /// Somebody waits for the disk to hold what is not written yet.
    pub(crate) write_wanted: bool,
    /// Somebody waits for a sync of what is written.
    pub(crate) sync_wanted: bool,
    /// The durable floor is recorded nowhere yet.
    pub(crate) floor_unrecorded: bool,
    /// When the durable floor moved last.
    pub(crate) durable_since: Instant,
    /// Entries and bytes of the last group that somebody waited for.
    pub(crate) last_entries: u32,
    pub(crate) last_bytes: u64,
    /// The open group was left open for more already.
    pub(crate) gathered: bool,
    /// No appends come any more: write all, sync, record, stop.
    pub(crate) stopping: bool,
}

/// What the writer does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Write the oldest closed group.
    Write,
    /// Cut the open group, then look again.
    Close,
    /// Make everything written durable.
    Sync,
    /// Record the durable floor.
    CommitCell,
    /// Leave the open group open for a moment; appends do not end it.
    Gather(Duration),
    /// Sleep until woken, or so long.
    Wait(Option<Duration>),
    Stop,
}

/// The time limits of [`WalConfig`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct SyncPolicy {
    async_bytes: u64,
    async_delay: Duration,
    async_sync: Duration,
    /// So much unsynced data does not wait for the time limit: what is not durable cannot be
    /// sealed, and would fill the ring.
    async_sync_bytes: u64,
    commit_cell_idle: Duration,
    gather: Duration,
}

impl SyncPolicy {
    pub(crate) const fn new(config: &WalConfig) -> Self {
        Self {
            async_bytes: config.async_bytes,
            async_delay: config.async_delay,
            async_sync: config.async_sync,
            async_sync_bytes: config.capacity / 8,
            commit_cell_idle: config.commit_cell_idle,
            gather: config.gather,
        }
    }

    pub(crate) fn next(&self, facts: &Facts) -> Step {
        // A sync that is due goes first, or a stream of async groups would put it off for ever.
        let sync_in = facts.unsynced_since.map(|since| left(self.async_sync, since, facts.now));
        let much = facts.unsynced_bytes >= self.async_sync_bytes;
        if sync_in == Some(Duration::ZERO) || much || facts.sync_wanted {
            return Step::Sync;
        }
        match facts.closed {
            Some(true) => return Step::Write,
            // Its appender is still copying and wakes the writer when it is done.
            Some(false) => return Step::Wait(sync_in),
            None => {}
        }
        let mut wait = sync_in;
        if let Some(open) = facts.open {
            let step = self.open_group(facts, open);
            let Step::Wait(delay) = step else { return step };
            wait = earlier(wait, delay);
        } else if facts.unsynced_since.is_some() && facts.stopping {
            return Step::Sync;
        }
        if facts.floor_unrecorded {
            let idle = left(self.commit_cell_idle, facts.durable_since, facts.now);
            if idle.is_zero() || facts.stopping {
                return Step::CommitCell;
            }
            wait = earlier(wait, Some(idle));
        }
        if facts.stopping { Step::Stop } else { Step::Wait(wait) }
    }

    fn open_group(&self, facts: &Facts, open: OpenGroup) -> Step {
        if facts.write_wanted || facts.stopping {
            return Step::Close;
        }
        if open.sync {
            let tiny = facts.last_entries >= GATHER_ENTRIES && facts.last_bytes < GATHER_BYTES;
            let gather = tiny && !facts.gathered && open.bytes < GATHER_BYTES;
            return if gather { Step::Gather(self.gather) } else { Step::Close };
        }
        let delay = left(self.async_delay, facts.open_seen, facts.now);
        if open.bytes >= self.async_bytes || delay.is_zero() {
            return Step::Close;
        }
        Step::Wait(Some(delay))
    }
}

/// What is left of `span` that began at `since`.
fn left(span: Duration, since: Instant, now: Instant) -> Duration {
    span.saturating_sub(Duration::from_nanos(now.nanos_since(since)))
}

fn earlier(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests;

//! What a coordinator is to the runtime: a machine that decides, and replays what was decided.
//!
//! A machine holds no clock, no lock and no I/O. The same records in the same order yield the same
//! hard state, whether they are replayed while loading or right after they were decided.

use std::sync::Arc;

use broker_metadata::{Delta, Image};
use bytes::Bytes;
use protocol_types::{Instant, Timestamp};

/// The time of a decision, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    pub instant: Instant,
    pub wall: Timestamp,
}

impl Now {
    /// The instant `millis` milliseconds from now.
    #[must_use]
    pub const fn after_millis(self, millis: u64) -> Instant {
        Instant(self.instant.0.saturating_add(millis.saturating_mul(1_000_000)))
    }
}

/// Names one awaited reply of a shard. A machine that answers later keeps it until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// A fact as it is stored: Kafka's bytes, version prefix included. No value is a tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub key: Bytes,
    pub value: Option<Bytes>,
}

impl Record {
    /// Bytes it takes in a batch, about.
    #[must_use]
    pub fn size(&self) -> u64 {
        /// Lengths, deltas and attributes of a record, at most.
        const OVERHEAD: usize = 24;
        (self.key.len() + self.value.as_ref().map_or(0, Bytes::len) + OVERHEAD) as u64
    }
}

/// What a machine decided: records to append, in order and as one batch, and replies to give once
/// they are durable.
#[derive(Debug)]
pub struct Outcome<R> {
    pub records: Vec<Record>,
    pub replies: Vec<(Token, R)>,
}

impl<R> Default for Outcome<R> {
    fn default() -> Self {
        Self { records: Vec::new(), replies: Vec::new() }
    }
}

impl<R> Outcome<R> {
    /// Answers `token`.
    pub fn reply(&mut self, token: Token, reply: R) {
        self.replies.push((token, reply));
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.replies.is_empty()
    }
}

/// Where a replayed record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The log, while the shard loads.
    Load,
    /// An outcome of this machine, just decided.
    Own,
}

/// A stored record that cannot be understood. Records of an unknown kind are no error: a machine
/// skips them, as Kafka does, so that a downgrade starts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct ReplayError {
    /// The kind of record, by Kafka's name.
    pub what: &'static str,
    pub why: String,
}

/// Where a walk over the live records stands; its bytes mean something to the machine alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Bytes);

/// See the module documentation.
pub trait Machine: Send + 'static {
    type Request: Send + 'static;
    type Reply: Send + 'static;

    /// Decides. A reply may come later, out of another call: the machine keeps the token until then.
    fn handle(
        &mut self,
        now: Now,
        token: Token,
        request: Self::Request,
        out: &mut Outcome<Self::Reply>,
    );

    /// When [`Machine::on_deadline`] wants to be called next.
    fn next_deadline(&self) -> Option<Instant>;

    /// Decides what falls due by `now`.
    fn on_deadline(&mut self, now: Now, out: &mut Outcome<Self::Reply>);

    /// Takes in a record: each one while loading, and each one of an own outcome right after it was
    /// decided. Hard state changes here only, or idempotently in `handle` too.
    ///
    /// # Errors
    /// The record cannot be understood.
    fn replay(
        &mut self,
        origin: Origin,
        record: &Record,
        appended: Timestamp,
    ) -> Result<(), ReplayError>;

    /// All records were replayed; requests come from here on. `image` is the metadata of now.
    fn loaded(&mut self, now: Now, image: &Arc<Image>, out: &mut Outcome<Self::Reply>);

    /// The metadata changed. Called in the order of the images, after `loaded` only.
    fn image_changed(
        &mut self,
        now: Now,
        image: &Arc<Image>,
        delta: &Delta,
        out: &mut Outcome<Self::Reply>,
    );

    /// Visits records that are still true, from behind `cursor`, about `limit` bytes of them, in an
    /// order that depends on their keys alone. `None` once the last one was visited. Replaying what
    /// a whole walk yields, with the records decided meanwhile in between, rebuilds the hard state.
    fn live_records(
        &self,
        cursor: Option<Cursor>,
        limit: usize,
        visit: &mut dyn FnMut(Record),
    ) -> Option<Cursor>;
}

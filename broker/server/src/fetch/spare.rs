//! Fetches that were answered: the next ones of the shard need no memory of their own.

use protocol_types::{Instant, IsolationLevel, Lsn};

use super::{
    FetchWork, Scope, Stage, decode::Decoded, look::Look, quota::Account, session::PartitionSet,
};
use crate::request_memory::RequestMemory;

/// Fetches a shard keeps: more are seldom under way at once, for waiting ones are not kept here.
const KEPT_MAX: usize = 64;

/// Partitions, and batches of an answer, up to which a fetch is kept.
const KEPT_PARTITIONS_MAX: usize = 64;
const KEPT_BATCHES_MAX: usize = 512;

/// See the module's documentation.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "they go in and out as boxes, and are large")]
pub(crate) struct SpareFetches(Vec<Box<FetchWork>>);

impl SpareFetches {
    pub(crate) fn take(&mut self) -> Box<FetchWork> {
        self.0.pop().unwrap_or_default()
    }

    pub(crate) fn give_back(&mut self, mut work: Box<FetchWork>) {
        if self.0.len() < KEPT_MAX && work.is_small() {
            work.forget();
            self.0.push(work);
        }
    }
}

impl Default for FetchWork {
    fn default() -> Self {
        Self {
            version: 0,
            correlation_id: 0,
            operation: None,
            isolation: IsolationLevel::ReadUncommitted,
            bytes_min: 0,
            bytes_max: 0,
            due: Instant(0),
            patience: Lsn(0),
            stage: Stage::New,
            scope: Scope::Own,
            decoded: Decoded::default(),
            own: PartitionSet::default(),
            look: Look::default(),
            moved: 0,
            quota: Account::default(),
            memory: RequestMemory::default(),
        }
    }
}

impl FetchWork {
    fn is_small(&self) -> bool {
        let partitions = self.decoded.capacity().max(self.own.capacity());
        partitions.max(self.look.capacity()) <= KEPT_PARTITIONS_MAX
            && self.look.batches_capacity() <= KEPT_BATCHES_MAX
    }

    /// Becomes as new, but for its memory. What a request says of itself, the next one says too.
    fn forget(&mut self) {
        (self.stage, self.scope) = (Stage::New, Scope::Own);
        self.decoded.clear();
        self.own.clear();
        self.look.clear();
        self.moved = 0;
        self.quota = Account::default();
        self.memory = RequestMemory::default();
    }
}

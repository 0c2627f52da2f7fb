//! Idempotent producers of one partition: what each wrote last (KIP-98).
//!
//! A fold over batch headers, so that live appends, recovery and the sealer's second table agree
//! (invariant LOG-4: replaying a partition's batches gives the table its appends gave, but for the
//! times of last use). Knows offsets, not ring positions: whether an original is durable is asked
//! of the tail.

use broker_env::HashMap;
use protocol_types::{Offset, ProducerEpoch, ProducerId, Sequence, Timestamp};

use crate::BatchFacts;

#[cfg(test)]
mod tests;

/// Batches remembered per producer, as many as a client may have in flight.
pub(crate) const CACHED_BATCHES: usize = 5;
/// Sequences go from 0 to 2^31 − 1.
const SEQUENCES: u64 = 1 << 31;

/// A remembered batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachedBatch {
    pub base_offset: Offset,
    /// Largest timestamp: under LogAppendTime, what a duplicate is answered with.
    pub max_timestamp: Timestamp,
    pub first_sequence: Sequence,
    /// Offsets it takes less one.
    pub last_delta: u32,
}

impl CachedBatch {
    #[must_use]
    pub const fn last_sequence(&self) -> Sequence {
        self.first_sequence.advance(self.last_delta)
    }
}

/// One producer's state, as checkpoints and sealed files keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerSnapshot {
    pub id: ProducerId,
    pub epoch: ProducerEpoch,
    /// When it was last heard of.
    pub last_used: Timestamp,
    /// Oldest first, at most five, all of `epoch`.
    pub batches: Vec<CachedBatch>,
}

/// What a batch is to a producer's earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceCheck {
    Next,
    Duplicate(CachedBatch),
    /// Appended so long ago that its offset is forgotten (trap 37). Clients take it for appended, so it
    /// is said of nothing else: of a producer that started anywhere, what came before is out of order.
    OldDuplicate,
    /// Something before it is missing, or a new epoch does not start at 0 (traps 38, 40).
    OutOfOrder {
        expected: Sequence,
    },
    Fenced {
        current: ProducerEpoch,
    },
}

#[derive(Clone, Debug)]
struct Producer {
    epoch: ProducerEpoch,
    last_used: Timestamp,
    cached: u8,
    /// The first `cached` are meant, oldest first.
    batches: [CachedBatch; CACHED_BATCHES],
    /// Sequences known to have been appended right before the oldest of them; at most half of all.
    /// Not kept in snapshots: what is restored vouches for its batches alone.
    forgotten: u64,
}

/// See the module documentation.
#[derive(Clone, Debug, Default)]
pub struct ProducerTable {
    producers: HashMap<ProducerId, Producer>,
}

impl ProducerTable {
    /// From a checkpoint or a sealed file.
    #[must_use]
    pub fn from_snapshot(snapshot: &[ProducerSnapshot]) -> Self {
        let producers = snapshot.iter().map(|kept| (kept.id, Producer::restore(kept))).collect();
        Self { producers }
    }

    /// Every producer, by id.
    #[must_use]
    pub fn snapshot(&self) -> Vec<ProducerSnapshot> {
        let snapshot = |(&id, producer): (&ProducerId, &Producer)| ProducerSnapshot {
            id,
            epoch: producer.epoch,
            last_used: producer.last_used,
            batches: producer.cached().to_vec(),
        };
        let mut all: Vec<ProducerSnapshot> = self.producers.iter().map(snapshot).collect();
        all.sort_unstable_by_key(|producer| producer.id);
        all
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.producers.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.producers.is_empty()
    }

    /// What the batch described by `facts` is; changes nothing. A producer that is not known may
    /// start anywhere (trap 39).
    #[must_use]
    pub fn check(&self, facts: &BatchFacts) -> SequenceCheck {
        let Some(stamp) = facts.producer else { return SequenceCheck::Next };
        let Some(producer) = self.producers.get(&stamp.id) else { return SequenceCheck::Next };
        if stamp.epoch < producer.epoch {
            return SequenceCheck::Fenced { current: producer.epoch };
        }
        if stamp.epoch > producer.epoch {
            let first = Sequence(0);
            return if stamp.base_sequence == first {
                SequenceCheck::Next
            } else {
                SequenceCheck::OutOfOrder { expected: first }
            };
        }
        producer.check(stamp.base_sequence, facts.last_delta)
    }

    /// Takes in a batch that was appended, on whatever way: live, in recovery, or while sealing.
    /// Control batches carry no sequence and only tell the epoch.
    pub fn replay(&mut self, facts: &BatchFacts, now: Timestamp) {
        let Some(stamp) = facts.producer else { return };
        let producer =
            self.producers.entry(stamp.id).or_insert_with(|| Producer::new(stamp.epoch, now));
        if producer.epoch != stamp.epoch {
            *producer = Producer::new(stamp.epoch, now);
        }
        producer.last_used = now;
        if !facts.is_control {
            producer.remember(CachedBatch {
                base_offset: facts.base_offset,
                max_timestamp: facts.max_timestamp,
                first_sequence: stamp.base_sequence,
                last_delta: facts.last_delta,
            });
        }
    }

    /// Forgets producers not heard of for `after_ms` (`producer.id.expiration.ms`).
    pub fn expire(&mut self, now: Timestamp, after_ms: i64) {
        self.producers.retain(|_, producer| now.0.saturating_sub(producer.last_used.0) < after_ms);
    }
}

impl Producer {
    const fn new(epoch: ProducerEpoch, now: Timestamp) -> Self {
        let none = CachedBatch {
            base_offset: Offset(0),
            max_timestamp: Timestamp(-1),
            first_sequence: Sequence(0),
            last_delta: 0,
        };
        Self { epoch, last_used: now, cached: 0, batches: [none; CACHED_BATCHES], forgotten: 0 }
    }

    fn restore(kept: &ProducerSnapshot) -> Self {
        let mut producer = Self::new(kept.epoch, kept.last_used);
        kept.batches.iter().for_each(|&batch| producer.remember(batch));
        producer
    }

    fn cached(&self) -> &[CachedBatch] {
        self.batches.get(..usize::from(self.cached)).unwrap_or_default()
    }

    fn remember(&mut self, batch: CachedBatch) {
        if usize::from(self.cached) == CACHED_BATCHES {
            let [oldest, next, ..] = self.batches;
            // A jump is a producer that expired in between and was unknown again.
            let follows = oldest.last_sequence().advance(1) == next.first_sequence;
            let known = self.forgotten + u64::from(oldest.last_delta) + 1;
            self.forgotten = if follows { known.min(SEQUENCES / 2) } else { 0 };
            self.batches.rotate_left(1);
        } else {
            self.cached += 1;
        }
        if let Some(newest) = self.batches.get_mut(usize::from(self.cached) - 1) {
            *newest = batch;
        }
    }

    fn check(&self, first: Sequence, last_delta: u32) -> SequenceCheck {
        let cached = self.cached();
        let (Some(oldest), Some(newest)) = (cached.first(), cached.last()) else {
            return SequenceCheck::Next;
        };
        let same =
            |batch: &&CachedBatch| batch.first_sequence == first && batch.last_delta == last_delta;
        if let Some(original) = cached.iter().find(same) {
            return SequenceCheck::Duplicate(*original);
        }
        let expected = newest.last_sequence().advance(1);
        let records = u64::from(last_delta) + 1;
        if first == expected {
            SequenceCheck::Next
        } else if (records..=self.forgotten).contains(&distance(first, oldest.first_sequence)) {
            SequenceCheck::OldDuplicate
        } else {
            SequenceCheck::OutOfOrder { expected }
        }
    }
}

/// How far it is from `from` to `to` on the circle of sequences, forwards.
fn distance(from: Sequence, to: Sequence) -> u64 {
    let on_circle = |sequence: Sequence| u64::from(sequence.0.cast_unsigned()) % SEQUENCES;
    (on_circle(to) + SEQUENCES - on_circle(from)) % SEQUENCES
}

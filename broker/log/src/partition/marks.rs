//! The marks of a partition: the WAL's watermarks, followed lazily through the tail.

use broker_replication::leader::LeaderReplica;
use protocol_types::{FlushPolicy, Instant, IsolationLevel, Lsn, Offset};

use crate::{PartitionLog, Tail};

/// Where readers and the sealer may go. `log_start ≤ last_stable ≤ high_watermark ≤ log_end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    pub log_start: Offset,
    /// Everything below is on stable storage.
    pub durable_end: Offset,
    /// Everything below may be read: the durable end under fsync, the published end under async.
    pub high_watermark: Offset,
    /// The high watermark, until there are transactions.
    pub last_stable: Offset,
    pub log_end: Offset,
}

impl Marks {
    /// The end of what a reader of `isolation` may see; exclusive.
    #[must_use]
    pub const fn readable_end(&self, isolation: IsolationLevel) -> Offset {
        match isolation {
            IsolationLevel::ReadUncommitted => self.high_watermark,
            IsolationLevel::ReadCommitted => self.last_stable,
        }
    }
}

/// How far each of the WAL's watermarks has been followed, and the replication state fed by them.
#[derive(Debug)]
pub(super) struct Watermarks {
    published: Cursor,
    durable: Cursor,
    replica: LeaderReplica,
    /// What the replica was last told is acknowledged here.
    acknowledged: Offset,
    high_watermark: Offset,
}

#[derive(Clone, Copy, Debug)]
struct Cursor {
    /// Batches of the tail that the watermark has passed.
    passed: usize,
    end: Offset,
}

impl Watermarks {
    /// Everything below `end` is durable.
    pub(super) fn at(end: Offset) -> Self {
        let cursor = Cursor { passed: 0, end };
        // Lag counts for followers only, and there are none yet.
        let replica = LeaderReplica::new(Instant(0), end, &[], u64::MAX);
        Self { published: cursor, durable: cursor, replica, acknowledged: end, high_watermark: end }
    }

    /// `removed` batches have left the tail, which starts at `end` now; they were durable.
    pub(super) fn handle_sealed(&mut self, removed: usize, end: Offset) {
        for cursor in [&mut self.published, &mut self.durable] {
            cursor.passed = cursor.passed.saturating_sub(removed);
            cursor.end = cursor.end.max(end);
        }
        self.acknowledge(end);
    }

    fn acknowledge(&mut self, end: Offset) {
        // A topic that changes from async to fsync keeps what its readers have seen.
        if end <= self.acknowledged {
            return;
        }
        self.acknowledged = end;
        self.replica.handle_local_append(end);
        while let Some(output) = self.replica.poll_output() {
            match output {
                broker_replication::leader::Output::HighWatermarkAdvanced(to) => {
                    assert!(to > self.high_watermark, "LOG-5: the high watermark never goes back");
                    self.high_watermark = to;
                }
                broker_replication::leader::Output::ProposeInSync(_) => {
                    unreachable!("there are no followers to propose about")
                }
            }
        }
    }
}

impl Cursor {
    fn advance(&mut self, tail: &Tail, watermark: Lsn) {
        let passed = tail.iter_from(self.passed).take_while(|batch| batch.end <= watermark);
        for batch in passed {
            self.passed += 1;
            self.end = batch.next();
        }
    }
}

impl PartitionLog {
    /// The marks, given the WAL's watermarks and the topic's policy. Amortised O(1) per batch.
    pub fn marks(&mut self, published: Lsn, durable: Lsn, policy: FlushPolicy) -> Marks {
        let watermarks = &mut self.watermarks;
        watermarks.durable.advance(&self.tail, durable);
        watermarks.published.advance(&self.tail, published);
        watermarks.acknowledge(match policy {
            FlushPolicy::Fsync => watermarks.durable.end,
            FlushPolicy::Async => watermarks.published.end,
        });
        let marks = Marks {
            log_start: self.log_start,
            durable_end: watermarks.durable.end,
            high_watermark: watermarks.high_watermark,
            last_stable: watermarks.high_watermark,
            log_end: self.log_end,
        };
        assert!(marks.high_watermark <= marks.log_end, "LOG-5");
        assert!(marks.durable_end <= marks.log_end, "LOG-5");
        marks
    }
}

//! Retention: raises log starts by age and size, and forgets idle producers.

use std::sync::atomic::Ordering;

use broker_log::retention::{self, RetentionRules};

use protocol_types::Timestamp;

use super::sealer::Sealer;
use crate::partition::Partition;

impl Sealer {
    /// Looks at every partition once. What falls below a log start is dropped with the next commit.
    pub(super) fn retain(&self) {
        self.settle();
        let now = self.storage.clock.wall();
        let producer_expiry_ms = self.upkeep.producer_expiry_ms.load(Ordering::Relaxed);
        for partition in self.hosted.all() {
            let config = partition.config();
            let mut state = partition.lock();
            state.log.expire_producers(now, producer_expiry_ms);
            state.sealed_producers.expire(now, producer_expiry_ms);
            drop(state);
            if config.cleanup_policy.delete {
                let rules =
                    RetentionRules { ms: config.retention_ms, bytes: config.retention_bytes };
                self.retain_partition(&partition, rules, now);
            }
        }
    }

    /// Raises one partition's log start, after a look into as many of its pages as that takes.
    fn retain_partition(&self, partition: &Partition, rules: RetentionRules, now: Timestamp) {
        let mut loaded = Vec::new();
        loop {
            let mut state = partition.lock();
            let marks = state.marks(partition, &self.storage.wal);
            // What a crash may take back is not dropped: the log must reach its start.
            let upto = marks.high_watermark.min(marks.durable_end);
            let log_start = match retention::plan(&state.log, &loaded, rules, upto, now) {
                Ok(Some(log_start)) => log_start,
                Ok(None) => return,
                Err(page) => {
                    drop(state);
                    loaded.push(self.look(page));
                    continue;
                }
            };
            let dropped = state.log.set_log_start(log_start);
            state.log_start_moved = true;
            let segments = dropped.len();
            // Under the lock, as all who bury do.
            self.graves.lock().dropped.merge(dropped);
            drop(state);
            let partition = partition.id();
            tracing::debug!(
                ?partition,
                log_start = log_start.0,
                segments,
                "retention raised the log start"
            );
            return;
        }
    }
}

//! Retention: raises log starts by age and size, and forgets idle producers.

use broker_log::retention::{self, RetentionRules};

use super::sealer::Sealer;

impl Sealer {
    /// Looks at every partition once. What falls below a log start is dropped with the next commit.
    pub(super) fn retain(&self) {
        let now = self.engine.clock.wall();
        for partition in self.hosted.all() {
            let config = partition.config();
            let mut state = partition.lock();
            state.log.expire_producers(now, self.upkeep.producer_expiry_ms);
            state.sealed_producers.expire(now, self.upkeep.producer_expiry_ms);
            if !config.cleanup_policy.delete {
                continue;
            }
            let high_watermark = state.marks(&partition, &self.engine.wal).high_watermark;
            let rules = RetentionRules { ms: config.retention_ms, bytes: config.retention_bytes };
            let Some(log_start) = retention::plan(&state.log, rules, high_watermark, now) else {
                continue;
            };
            let dropped = state.log.set_log_start(log_start);
            state.log_start_moved = true;
            drop(state);
            tracing::debug!(
                partition = ?partition.id(),
                log_start = log_start.0,
                segments = dropped.len(),
                "retention raised the log start"
            );
            self.graves.lock().segments.extend(dropped);
        }
    }
}

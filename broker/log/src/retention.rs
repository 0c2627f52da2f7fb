//! Which segments retention drops: a pure plan.

use protocol_types::{Offset, Timestamp};

use crate::PartitionLog;

/// A topic's retention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetentionRules {
    /// `retention.ms`; `None` keeps for ever.
    pub ms: Option<u64>,
    /// `retention.bytes`; `None` keeps all.
    pub bytes: Option<u64>,
}

/// The log start that retention asks for, if it is above the present one. Never above
/// `high_watermark`. Carry it out with [`PartitionLog::set_log_start`].
#[must_use]
pub fn plan(
    log: &PartitionLog,
    rules: RetentionRules,
    high_watermark: Offset,
    now: Timestamp,
) -> Option<Offset> {
    let _ = (log, rules, high_watermark, now);
    todo!()
}

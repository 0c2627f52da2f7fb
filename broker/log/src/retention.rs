//! Which segments retention drops: a pure plan, carried out by raising the log start.

use protocol_types::{Offset, Timestamp};

use crate::{PartitionLog, SegmentRef};

#[cfg(test)]
mod tests;

/// A topic's retention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetentionRules {
    /// `retention.ms`; `None` keeps for ever.
    pub ms: Option<u64>,
    /// `retention.bytes`; `None` keeps all.
    pub bytes: Option<u64>,
}

/// The log start that retention asks for, if it is above the present one; never above
/// `high_watermark`. Carry it out with [`PartitionLog::set_log_start`]. Segments go oldest first and
/// whole, by age or by size, whichever takes more; when all of them have gone by age and the tail
/// is as old, the tail goes too, as Kafka rolls and deletes an active segment.
#[must_use]
pub fn plan(
    log: &PartitionLog,
    rules: RetentionRules,
    high_watermark: Offset,
    now: Timestamp,
) -> Option<Offset> {
    let by_age = rules.ms.and_then(|ms| by_age(log, ms, high_watermark, now));
    let by_size = rules.bytes.and_then(|bytes| by_size(log, bytes));
    let to = by_age.max(by_size)?.min(high_watermark);
    (to > log.log_start()).then_some(to)
}

fn by_age(log: &PartitionLog, ms: u64, upto: Offset, now: Timestamp) -> Option<Offset> {
    let expired =
        |stamp: Timestamp| u64::try_from(now.0.saturating_sub(stamp.0)).is_ok_and(|age| age > ms);
    let old = |segment: &&SegmentRef| expired(segment.newest());
    let dropped = log.segments().iter().take_while(old);
    let (count, end) = dropped.fold((0, None), |(n, _), segment| (n + 1, Some(segment.end)));
    if count < log.segments().len() {
        return end;
    }
    let since = log.tail_since()?;
    // The newest batch mostly has the newest record: no need to look at them all.
    let last = log.tail().last().map_or(since, |last| last.max_timestamp);
    if last.0 >= 0 && !expired(last) {
        return end;
    }
    // Batches without a timestamp count from when this process first saw the tail.
    let newest = log.tail().newest_timestamp(Offset(0), upto)?.max_timestamp;
    let tail_expired = expired(if newest.0 < 0 { since } else { newest });
    if tail_expired { Some(upto) } else { end }
}

fn by_size(log: &PartitionLog, bytes_max: u64) -> Option<Offset> {
    let mut excess = (log.segments().bytes() + log.tail().bytes()).checked_sub(bytes_max)?;
    let mut end = None;
    for segment in log.segments().iter() {
        let Some(left) = excess.checked_sub(segment.len) else { break };
        (excess, end) = (left, Some(segment.end));
    }
    end
}

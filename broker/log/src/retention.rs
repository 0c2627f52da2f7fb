//! Which segments retention drops: a pure plan, carried out by raising the log start.

use protocol_types::{Offset, Timestamp};

use crate::{LoadedPage, PageRef, PartitionLog, SegmentRef};

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

/// The log start that retention asks for, if it is above the present one; never above `upto`, which
/// is at most the high watermark. Carry it out with [`PartitionLog::set_log_start`]. Segments go oldest first and
/// whole, by age or by size, whichever takes more; when all of them have gone by age and the tail
/// is as old, the tail goes too, as Kafka rolls and deletes an active segment. Pages that go whole
/// are not looked into.
///
/// # Errors
/// With the page to load and to call again with.
pub fn plan(
    log: &PartitionLog,
    loaded: &[LoadedPage],
    rules: RetentionRules,
    upto: Offset,
    now: Timestamp,
) -> Result<Option<Offset>, PageRef> {
    let mut to = None;
    if let Some(ms) = rules.ms {
        to = by_age(log, loaded, ms, upto, now)?;
    }
    if let Some(bytes) = rules.bytes {
        to = to.max(by_size(log, loaded, bytes)?);
    }
    let to = to.map(|to| to.min(upto));
    Ok(to.filter(|&to| to > log.log_start()))
}

fn by_age(
    log: &PartitionLog,
    loaded: &[LoadedPage],
    ms: u64,
    upto: Offset,
    now: Timestamp,
) -> Result<Option<Offset>, PageRef> {
    let expired =
        |stamp: Timestamp| u64::try_from(now.0.saturating_sub(stamp.0)).is_ok_and(|age| age > ms);
    let mut end = None;
    for page in log.segments().pages() {
        if !expired(page.newest) {
            let inside = page.looked(loaded).ok_or(*page)?;
            if inside.is_empty() {
                // It could not be read: nothing is known of it but that something is young.
                return Ok(end);
            }
            for segment in live(log, inside) {
                if !expired(segment.newest()) {
                    return Ok(end);
                }
                end = Some(segment.end);
            }
        }
        // What is not expired of it, if anything, is dead already.
        end = Some(page.end);
    }
    for segment in log.segments().resident() {
        if !expired(segment.newest()) {
            return Ok(end);
        }
        end = Some(segment.end);
    }
    let Some(since) = log.tail_since() else { return Ok(end) };
    // The newest batch mostly has the newest record: no need to look at them all.
    let last = log.tail().last().map_or(since, |last| last.max_timestamp);
    if last.0 >= 0 && !expired(last) {
        return Ok(end);
    }
    // Batches without a timestamp count from when this process first saw the tail.
    let newest = log.tail().newest_timestamp(Offset(0), upto).map(|batch| batch.max_timestamp);
    let tail_expired = newest.is_some_and(|it| expired(if it.0 < 0 { since } else { it }));
    Ok(if tail_expired { Some(upto) } else { end })
}

fn by_size(
    log: &PartitionLog,
    loaded: &[LoadedPage],
    bytes_max: u64,
) -> Result<Option<Offset>, PageRef> {
    let segments = log.segments();
    let mut excess = (segments.bytes() + log.tail().bytes()).saturating_sub(bytes_max);
    let mut end = None;
    for page in segments.pages() {
        if excess == 0 {
            return Ok(end);
        }
        let Some(left) = excess.checked_sub(segments.live_bytes(page)) else {
            for segment in live(log, page.looked(loaded).ok_or(*page)?) {
                let Some(left) = excess.checked_sub(segment.len) else { break };
                (excess, end) = (left, Some(segment.end));
            }
            return Ok(end);
        };
        (excess, end) = (left, Some(page.end));
    }
    for segment in segments.resident() {
        let Some(left) = excess.checked_sub(segment.len) else { break };
        (excess, end) = (left, Some(segment.end));
    }
    Ok(end)
}

/// Those of a page's segments that are above the log start.
fn live<'a>(log: &PartitionLog, page: &'a [SegmentRef]) -> impl Iterator<Item = &'a SegmentRef> {
    let log_start = log.log_start();
    page.iter().filter(move |segment| segment.end > log_start)
}

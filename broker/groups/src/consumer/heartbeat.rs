//! ConsumerGroupHeartbeat: a member joins, tells what it wants and owns, and hears what it shall own.

use broker_coordinator::Record;

use super::admit::{admit, check_record};
use super::group::{Context, Group};
use super::leave::{self, Aftermath};
use super::member::MemberId;
use super::refusal::Refusal;
use super::request::{Beat, Heartbeat};
use super::step::step;
use super::timers::Timer;

/// Handles a heartbeat that [`Heartbeat::validate`] passed.
///
/// # Errors
/// With what the client is told; the group is as it was.
pub fn heartbeat(
    group: &mut Group,
    cx: &Context<'_>,
    request: &Heartbeat,
    out: &mut Vec<Record>,
) -> Result<(Beat, Aftermath), Refusal> {
    if request.leaves() {
        return leave::leave(group, cx, request, out);
    }
    let mut arrival = admit(group, cx, request)?;
    let subscription = request.subscription(&arrival.before.subscription);
    check_record(group, &arrival, &subscription)?;
    arrival.resolved = group.resolve_new(cx, &subscription)?;
    let (id, before) = (MemberId::clone(&arrival.id), arrival.before.current.clone());
    step(group, cx, arrival, subscription, request.owned.as_ref(), out);
    let (_, member) = group.member(&id)?;
    let (epoch, assigned) = (member.current.epoch, member.current.assigned.clone());
    group.timers.set(
        &id,
        Timer::Session,
        cx.now.after_millis(u64::from(cx.config.session_timeout_ms)),
    );
    let changed = request.joins() || request.is_full() || before.assigned != assigned;
    let beat = Beat {
        member: id,
        epoch,
        interval_ms: cx.config.heartbeat_interval_ms,
        assignment: changed.then(|| assigned.partitions()),
    };
    Ok((beat, Aftermath::Stays))
}

use rstest::rstest;

use super::*;
use crate::NodeIdentity;

const MS: u64 = 1_000_000;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// At 10 s, nothing to do since 9 s.
fn idle() -> Facts {
    Facts {
        now: Instant(10_000 * MS),
        closed: None,
        open: None,
        open_seen: Instant(10_000 * MS),
        unsynced_since: None,
        unsynced_bytes: 0,
        write_wanted: false,
        sync_wanted: false,
        floor_unrecorded: false,
        durable_since: Instant(9_000 * MS),
        last_entries: 1,
        last_bytes: 16 << 10,
        gathered: false,
        stopping: false,
    }
}

fn open(sync: bool, bytes: u64) -> Option<OpenGroup> {
    Some(OpenGroup { start: 0, bytes, entries: 1, sync })
}

fn ago(millis: u64) -> Instant {
    Instant((10_000 - millis) * MS)
}

#[rstest]
#[case::nothing(idle(), Step::Wait(None))]
#[case::stop(Facts { stopping: true, ..idle() }, Step::Stop)]
#[case::fsync_at_once(Facts { open: open(true, 600), ..idle() }, Step::Close)]
#[case::closed_first(Facts { closed: Some(true), open: open(true, 600), ..idle() }, Step::Write)]
#[case::copy_in_flight(Facts { closed: Some(false), open: open(true, 600), ..idle() }, Step::Wait(None))]
#[case::async_waits(Facts { open: open(false, 600), open_seen: ago(1), ..idle() }, Step::Wait(Some(ms(1))))]
#[case::async_delay(Facts { open: open(false, 600), open_seen: ago(2), ..idle() }, Step::Close)]
#[case::async_bytes(Facts { open: open(false, 64 << 10), ..idle() }, Step::Close)]
#[case::unsynced_waits(Facts { unsynced_since: Some(ago(900)), ..idle() }, Step::Wait(Some(ms(100))))]
#[case::unsynced_due(Facts { unsynced_since: Some(ago(1000)), closed: Some(true), ..idle() }, Step::Sync)]
#[case::unsynced_is_much(
    Facts { unsynced_since: Some(ago(1)), unsynced_bytes: 1 << 30, closed: Some(true), ..idle() },
    Step::Sync
)]
#[case::unsynced_wanted(Facts { unsynced_since: Some(ago(1)), sync_wanted: true, ..idle() }, Step::Sync)]
#[case::unsynced_stopping(Facts { unsynced_since: Some(ago(1)), stopping: true, ..idle() }, Step::Sync)]
#[case::wanted_is_not_put_off(
    Facts { unsynced_since: Some(ago(1)), sync_wanted: true, open: open(false, 600), ..idle() },
    Step::Sync
)]
#[case::wanted_is_cut(Facts { write_wanted: true, open: open(false, 600), ..idle() }, Step::Close)]
#[case::cell_waits(Facts { floor_unrecorded: true, durable_since: ago(2), ..idle() }, Step::Wait(Some(ms(3))))]
#[case::cell_due(Facts { floor_unrecorded: true, ..idle() }, Step::CommitCell)]
#[case::cell_before_stop(
    Facts { floor_unrecorded: true, stopping: true, durable_since: ago(0), ..idle() },
    Step::CommitCell
)]
#[case::no_gather_after_few(Facts { open: open(true, 600), last_entries: 7, last_bytes: 700, ..idle() }, Step::Close)]
#[case::no_gather_after_large(
    Facts { open: open(true, 600), last_entries: 8, last_bytes: 64 << 10, ..idle() },
    Step::Close
)]
#[case::gather(
    Facts { open: open(true, 600), last_entries: 8, last_bytes: 9000, ..idle() },
    Step::Gather(Duration::from_micros(100))
)]
#[case::gathered(
    Facts { open: open(true, 600), last_entries: 8, last_bytes: 9000, gathered: true, ..idle() },
    Step::Close
)]
#[case::gathered_enough(
    Facts { open: open(true, 64 << 10), last_entries: 8, last_bytes: 9000, ..idle() },
    Step::Close
)]
fn next_step(#[case] facts: Facts, #[case] step: Step) {
    let node = NodeIdentity { cluster: [0; 16], broker: 0 };
    let policy = SyncPolicy::new(&WalConfig::new("ring", 1 << 20, 1, node));
    assert_eq!(policy.next(&facts), step);
}

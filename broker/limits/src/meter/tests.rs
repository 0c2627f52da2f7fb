use proptest::prelude::*;
use rstest::rstest;

use super::*;

const WINDOWS: Windows = Windows {
    client: Sampling { samples: 11, sample_ms: 1_000 },
    controller: Sampling { samples: 11, sample_ms: 1_000 },
};

fn at(millis: u64) -> Instant {
    Instant((1_000_000 + millis) * 1_000_000)
}

/// Recorded at once with a bound of 10, and the pause.
#[rstest]
#[case::produce_within(ClientQuota::Produce, 100.0, 0)]
#[case::produce_beyond(ClientQuota::Produce, 200.0, 10_000)]
#[case::fetch_beyond(ClientQuota::Fetch, 200.0, 10_000)]
#[case::time_waits_for_a_sample_at_most(ClientQuota::Request, 200.0, 1_000)]
#[case::mutations_within(ClientQuota::ControllerMutation, 110.0, 0)]
#[case::mutations_beyond(ClientQuota::ControllerMutation, 130.0, 2_000)]
fn each_quota_has_its_pause(
    #[case] quota: ClientQuota,
    #[case] amount: f64,
    #[case] pause_ms: u64,
) {
    let mut meter = Meter::new(quota, 10.0, WINDOWS);
    assert_eq!(meter.record(amount, at(0)), pause_ms);
}

#[test]
fn a_refused_amount_leaves_no_trace() {
    let mut meter = Meter::new(ClientQuota::Fetch, 10.0, WINDOWS);
    assert_eq!(meter.try_record(90.0, at(0)), Ok(()));
    let pause = meter.try_record(90.0, at(1)).unwrap_err();
    assert!((7_900..8_100).contains(&pause), "{pause}");
    assert_eq!(meter.pause_ms(at(1)), 0);
    assert_eq!(meter.try_record(10.0, at(2)), Ok(()));
}

#[test]
fn what_no_window_could_hold_passes_an_empty_one_and_is_waited_off() {
    let mut meter = Meter::new(ClientQuota::Fetch, 10.0, WINDOWS);
    assert_eq!(meter.try_record(400.0, at(0)), Ok(()));
    assert!(meter.pause_ms(at(0)) > 0);
    assert!(meter.try_record(400.0, at(1_000)).is_err());
    assert_eq!(meter.try_record(400.0, at(20_000)), Ok(()));
}

#[test]
fn a_strict_quota_gives_until_it_is_overdrawn_and_nothing_while_it_is() {
    let mut meter = Meter::new(ClientQuota::ControllerMutation, 1.0, WINDOWS);
    assert_eq!(meter.record_unless_owing(12.0, at(0)), Ok(()));
    assert_eq!(meter.record_unless_owing(1.0, at(0)), Err(1_000));
    assert_eq!(meter.record_unless_owing(1.0, at(1_000)), Ok(()));
}

#[test]
fn a_new_bound_holds_for_what_was_done_before() {
    let mut meter = Meter::new(ClientQuota::Produce, 1_000.0, WINDOWS);
    assert_eq!(meter.record(1_000.0, at(0)), 0);
    meter.set_bound(10.0);
    assert!(meter.pause_ms(at(0)) > 0);
}

proptest! {
    /// Whatever is taken when: waiting as told pays the debt.
    #[test]
    fn after_the_pause_there_is_none(
        events in prop::collection::vec((0..3_000_u64, 0..5_000_u32), 1..60),
        bound in 1..10_000_u32,
    ) {
        let mut meter = Meter::new(ClientQuota::ControllerMutation, bound.into(), WINDOWS);
        let (mut now, mut pause) = (0, 0);
        for (gap, amount) in events {
            now += gap;
            pause = meter.record(amount.into(), at(now));
        }
        prop_assert!(meter.pause_ms(at(now + pause)) <= 1);
    }
}

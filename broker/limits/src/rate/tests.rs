use rstest::rstest;

use super::*;

const DEFAULT: Sampling = Sampling { samples: 11, sample_ms: 1_000 };

fn at(millis: u64) -> Instant {
    Instant((50_000 + millis) * 1_000_000)
}

/// Kafka: recorded values, when it is measured, the rate, and its pause under a bound of 10/s.
#[rstest]
#[case::nothing(&[], 0, 0.0, 0)]
// A window that has begun counts as its ten full samples.
#[case::first_value(&[(0, 100.0)], 0, 10.0, 0)]
#[case::burst(&[(0, 200.0)], 0, 20.0, 10_000)]
#[case::half_a_second_later(&[(0, 210.0)], 500, 20.0, 10_500)]
// Ten full samples later the burst has been thinned out by the time that passed.
#[case::ten_seconds_later(&[(0, 200.0)], 10_000, 20.0, 10_000)]
#[case::window_passed(&[(0, 200.0)], 11_000, 0.0, 0)]
#[case::steady(&[(0, 10.0), (1_000, 10.0), (2_000, 10.0), (3_000, 10.0)], 3_000, 4.0, 0)]
#[case::taken_back(&[(0, 200.0), (1, -200.0)], 2, 0.0, 0)]
fn a_rate_is_kafkas(
    #[case] recorded: &[(u64, f64)],
    #[case] now: u64,
    #[case] per_second: f64,
    #[case] pause_ms: u64,
) {
    let mut rate = Rate::default();
    for (when, value) in recorded {
        rate.record(DEFAULT, *value, at(*when));
    }
    let measured = rate.measure(DEFAULT, at(now));
    assert!((measured.per_second - per_second).abs() < 1e-9, "{measured:?}");
    assert_eq!(measured.pause_ms(10.0), pause_ms);
}

#[test]
fn a_client_that_pauses_as_told_is_within_its_bound() {
    let mut rate = Rate::default();
    let (mut now, mut bytes) = (0, 0.0);
    while now < 100_000 {
        rate.record(DEFAULT, 5_000.0, at(now));
        bytes += 5_000.0;
        now += 1 + rate.measure(DEFAULT, at(now)).pause_ms(1_000.0);
    }
    let per_second = bytes / seconds(now);
    assert!((900.0..=1_150.0).contains(&per_second), "{per_second}");
}

#[test]
fn memory_is_bounded_by_the_samples() {
    let mut rate = Rate::default();
    for second in 0..1_000 {
        rate.record(DEFAULT, 1.0, at(second * 1_000));
    }
    assert_eq!(rate.samples.len(), 12);
    assert!((rate.measure(DEFAULT, at(999_000)).per_second - 1.0).abs() < 0.2);
}

#[test]
fn it_is_spent_once_the_window_has_passed() {
    let mut rate = Rate::default();
    assert!(rate.is_spent(DEFAULT, at(0)));
    rate.record(DEFAULT, 5.0, at(0));
    assert!(!rate.is_spent(DEFAULT, at(10_999)));
    assert!(rate.is_spent(DEFAULT, at(11_000)));
}

#[rstest]
#[case(f64::INFINITY, 2_147_483_647)]
#[case(f64::NAN, 0)]
#[case(-4.0, 0)]
#[case(2.5, 3)]
fn no_pause_is_longer_than_can_be_told(#[case] pause: f64, #[case] millis: u64) {
    assert_eq!(to_millis(pause), millis);
}

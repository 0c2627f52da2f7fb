use rstest::rstest;

use super::*;

const SAMPLING: Sampling = Sampling { samples: 100, sample_ms: 1_000 };

fn at(millis: u64) -> Instant {
    Instant((7_000 + millis) * 1_000_000)
}

/// What was taken when, and the pause a while later, at 5 a second with a burst of 500: the example
/// of KIP-599.
#[rstest]
#[case::within_the_burst(&[(0, 500.0)], 0, 0)]
#[case::overdrawn(&[(0, 560.0)], 0, 12_000)]
#[case::refilled_in_part(&[(0, 560.0)], 5_000, 7_000)]
#[case::refilled(&[(0, 560.0)], 12_000, 0)]
#[case::overdrawn_twice(&[(0, 505.0), (0, 5.0)], 0, 2_000)]
#[case::never_above_the_burst(&[(0, 1.0), (900_000, 500.0), (900_000, 5.0)], 900_000, 1_000)]
fn a_debt_is_refilled_at_the_bound(
    #[case] taken: &[(u64, f64)],
    #[case] now: u64,
    #[case] pause_ms: u64,
) {
    let mut bucket = TokenBucket::default();
    for (when, tokens) in taken {
        bucket.record(SAMPLING, 5.0, *tokens, at(*when));
    }
    assert_eq!(bucket.pause_ms(SAMPLING, 5.0, at(now)), pause_ms);
}

#[test]
fn a_full_bucket_is_a_new_one() {
    let mut bucket = TokenBucket::default();
    assert!(bucket.is_spent(SAMPLING, 5.0, at(0)));
    bucket.record(SAMPLING, 5.0, 5.0, at(0));
    assert!(!bucket.is_spent(SAMPLING, 5.0, at(999)));
    assert!(bucket.is_spent(SAMPLING, 5.0, at(1_000)));
}

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const MILLI: u64 = 1_000_000;

#[rstest]
#[case::roomy(59, 4 << 20, None)]
#[case::bulk_at_the_edge(60, 4 << 20, Some(MILLI * 16 / 10))]
#[case::small_at_the_edge(60, 1 << 10, None)]
#[case::bulk_nearly_full(91, 256 << 10, Some(819 * MILLI + 200_000))]
#[case::small_nearly_full(91, 1 << 10, Some(3_200_000))]
#[case::bounded(92, 4 << 20, Some(PAUSE_NANOS_MAX))]
#[case::beyond(100, 4 << 20, Some(PAUSE_NANOS_MAX))]
fn a_pause_follows_occupancy_and_bytes(
    #[case] percent: u64,
    #[case] bytes: u64,
    #[case] pause: Option<u64>,
) {
    assert_eq!(pause_nanos(percent << 20, 100 << 20, bytes), pause);
}

proptest! {
    #[test]
    fn more_of_either_never_shortens_the_pause(
        used in 0_u64..=1 << 40, more_used in 0_u64..1 << 40,
        bytes in 0_u64..=1 << 32, more_bytes in 0_u64..1 << 32,
    ) {
        let pause = |used, bytes| pause_nanos(used, 1 << 40, bytes).unwrap_or(0);
        prop_assert!(pause(used, bytes) <= pause(used + more_used, bytes));
        prop_assert!(pause(used, bytes) <= pause(used, bytes + more_bytes));
    }
}

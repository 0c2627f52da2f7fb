use proptest::prelude::*;
use rstest::rstest;

use super::*;

#[rstest]
#[case::roomy(59, 4 << 20, 0)]
#[case::bulk_at_the_edge(60, 4 << 20, 1)]
#[case::small_at_the_edge(60, 1 << 10, 0)]
#[case::bulk_in_the_middle(76, 256 << 10, 12)]
#[case::bulk_nearly_full(91, 256 << 10, 819)]
#[case::small_nearly_full(91, 1 << 10, 3)]
#[case::bounded(92, 4 << 20, PAUSE_MS_MAX)]
#[case::beyond(100, 4 << 20, PAUSE_MS_MAX)]
fn a_pause_follows_pressure_and_bytes(
    #[case] pressure: u64,
    #[case] bytes: u64,
    #[case] pause: u64,
) {
    assert_eq!(pause_ms(pressure, bytes), pause);
}

proptest! {
    #[test]
    fn more_of_either_never_shortens_the_pause(
        pressure in 0_u64..=100, more_pressure in 0_u64..100,
        bytes in 0_u64..=1 << 32, more_bytes in 0_u64..1 << 32,
    ) {
        let pause = pause_ms(pressure, bytes);
        prop_assert!(pause <= pause_ms(pressure + more_pressure, bytes));
        prop_assert!(pause <= pause_ms(pressure, bytes + more_bytes));
    }
}

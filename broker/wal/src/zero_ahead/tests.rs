use rstest::rstest;

use super::*;

const MIB: u64 = 1 << 20;

#[rstest]
#[case::fresh(0, 0, Some(0..16 * MIB))]
#[case::goes_on(0, 16 * MIB, Some(16 * MIB..32 * MIB))]
#[case::far_enough(0, 32 * MIB, None)]
#[case::follows_the_head(5, 32 * MIB, Some(32 * MIB..32 * MIB + 4096))]
#[case::stops_at_the_end(90 * MIB, 96 * MIB, Some(96 * MIB..100 * MIB))]
#[case::done(90 * MIB, 100 * MIB, None)]
#[case::later_laps(900 * MIB, 100 * MIB, None)]
fn next(#[case] head: u64, #[case] frontier: u64, #[case] slots: Option<Range<u64>>) {
    assert_eq!(ZeroAhead::new(100 * MIB, 32 * MIB).next(head, frontier), slots);
}

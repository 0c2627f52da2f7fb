use rstest::rstest;

use super::*;

const AT: u64 = 40960;

#[rstest]
#[case::nothing_beyond(0, None, Verdict::Clean)]
#[case::floor_at_the_end(AT, None, Verdict::Clean)]
#[case::unacknowledged_group(AT, Some((5, AT + 4096)), Verdict::Torn)]
#[case::next_boot_was_torn(AT, Some((6, AT + 4096)), Verdict::Torn)]
#[case::cut_off_before(AT, Some((4, AT + 4096)), Verdict::Clean)]
#[case::acknowledged_group(AT + 1, Some((5, AT + 4096)), Verdict::Corrupt)]
#[case::acknowledged_and_gone(AT + 4096, None, Verdict::Corrupt)]
fn r4(#[case] floor: u64, #[case] beyond: Option<(u64, u64)>, #[case] verdict: Verdict) {
    assert_eq!(decide(AT, 5, &Evidence { floor, trim: 0, beyond }), verdict);
}

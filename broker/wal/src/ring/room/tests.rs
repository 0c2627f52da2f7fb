use rstest::rstest;

use super::*;
use crate::NodeIdentity;

#[rstest]
#[case::tiny(64 << 10, 48 << 10, 48 << 10)]
#[case::small(1 << 20, (1 << 20) / 100 * 92, (1 << 20) - (1 << 20) / 50)]
#[case::default(1 << 30, (1 << 30) / 100 * 92, (1 << 30) - (1 << 30) / 50)]
fn limits(#[case] capacity: u64, #[case] user: u64, #[case] internal: u64) {
    let node = NodeIdentity { cluster: [0; 16], broker: 0 };
    let limits = Limits::new(&WalConfig::new("ring", capacity, 1, node));
    assert_eq!(limits.of(Class::User), user);
    assert_eq!(limits.of(Class::Internal), internal);
    assert_eq!(limits.of(Class::Control), capacity);
}

#[test]
fn a_gap_is_shorter_than_the_group_that_did_not_fit() {
    assert_eq!(worst_gap(0), 0);
    assert_eq!(worst_gap(4096 - 512 - 16), 0);
    assert_eq!(worst_gap(4096 - 512 - 15), 4096);
    assert_eq!(worst_gap(1 << 20), 1 << 20);
}

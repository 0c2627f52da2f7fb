use rstest::rstest;

use super::*;

#[rstest]
#[case(0, false)]
#[case(4096, false)]
#[case(64 << 10, true)]
#[case((64 << 10) + 4096, false)]
#[case(192 << 10, true)]
#[case(1 << 47, false)]
fn sizes(#[case] bytes: u64, #[case] fits: bool) {
    assert_eq!(Geometry::new(bytes).is_ok(), fits);
}

#[test]
fn positions_wrap_with_the_lap() {
    let ring = Geometry::new(64 << 10).unwrap();
    assert_eq!(ring.file_at(0), DATA_START);
    assert_eq!(ring.file_at((64 << 10) + 512), DATA_START + 512);
    assert_eq!(ring.lap_left(64 << 10), 64 << 10);
    assert_eq!(ring.lap_left((64 << 10) - 8), 8);
    assert!(ring.in_one_piece((64 << 10) - 8, 8));
    assert!(!ring.in_one_piece((64 << 10) - 8, 9));
    assert_eq!(block_end(0), 0);
    assert_eq!(block_end(1), 4096);
    assert_eq!(block_end(4096), 4096);
}

use super::*;

#[test]
fn ranks_are_the_nearest_from_above() {
    assert_eq!(rank(0, 0.5), 0);
    assert_eq!(rank(1, 0.999), 0);
    assert_eq!(rank(100, 0.5), 49);
    assert_eq!(rank(100, 0.99), 98);
    assert_eq!(rank(1000, 0.999), 998);
    assert_eq!(rank(10, 0.999), 9);
}

#[test]
fn values_are_microseconds() {
    assert_eq!(us(&[], 0.5), 0.0);
    assert_eq!(us(&[1_000, 2_000, 3_000], 0.5), 2.0);
}

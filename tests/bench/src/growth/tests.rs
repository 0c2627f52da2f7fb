use super::*;

#[test]
fn the_slope_of_a_power_is_its_exponent() {
    let points: Vec<(f64, f64)> =
        [1.0, 10.0, 100.0, 1000.0].map(|x: f64| (x, 3.0 * x.powf(0.5))).to_vec();
    assert!((slope(&points).unwrap() - 0.5).abs() < 1e-9);
    assert!((a_doubling(&points).unwrap() - (2_f64.sqrt() - 1.0)).abs() < 1e-9);
}

#[test]
fn what_does_not_grow_has_no_slope() {
    let points = [(1.0, 7.0), (10.0, 7.0), (1000.0, 7.0)];
    assert!(a_doubling(&points).unwrap().abs() < 1e-9);
}

#[test]
fn one_point_tells_nothing() {
    assert_eq!(slope(&[(10.0, 7.0)]), None);
    assert_eq!(slope(&[]), None);
}

#[test]
fn the_median_is_the_middle() {
    assert_eq!(median(vec![9.0, 1.0, 5.0]), Some(5.0));
    assert_eq!(median(vec![]), None);
}

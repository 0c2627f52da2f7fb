use super::Comparison::{AtLeast, AtMost};
use super::*;

#[test]
fn a_target_is_reached_at_its_limit() {
    let judged = |measured, limit, comparison| {
        Verdict::new("x", Some(measured), Some(limit), comparison).reached()
    };
    assert_eq!(judged(10.0, 10.0, AtLeast), Some(true));
    assert_eq!(judged(9.99, 10.0, AtLeast), Some(false));
    assert_eq!(judged(10.0, 10.0, AtMost), Some(true));
    assert_eq!(judged(10.01, 10.0, AtMost), Some(false));
}

#[test]
fn what_is_missing_is_not_judged() {
    assert_eq!(Verdict::new("x", None, Some(1.0), AtMost).reached(), None);
    assert_eq!(Verdict::new("x", Some(1.0), None, AtMost).reached(), None);
    assert_eq!(Verdict::new("x", Some(f64::NAN), Some(1.0), AtMost).reached(), None);
    assert_eq!(Verdict::new("x", Some(f64::INFINITY), Some(1.0), AtLeast).reached(), None);
}

#[test]
fn cells_show_limit_measured_and_outcome() {
    let verdict = Verdict::new("≥ 5× Kafka", Some(4.2), Some(5.0), AtLeast);
    assert_eq!(verdict.cells(), ["≥ 5× Kafka", "≥ 5.00", "4.20", "**missed**"]);
    let verdict = Verdict::new("time, s", Some(0.0312), Some(0.5), AtMost);
    assert_eq!(verdict.cells(), ["time, s", "≤ 0.500", "0.0312", "reached"]);
}

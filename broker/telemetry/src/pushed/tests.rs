use rstest::rstest;

use super::*;

fn point(metric: &str, value: f64, is_delta: bool) -> Point<'_> {
    Point { metric, attributes: Vec::new(), value, is_delta }
}

#[rstest]
#[case::last_gauge_counts(&[(1.0, false), (2.0, false)], Change::Set(2.0))]
#[case::deltas_add_up(&[(1.0, true), (2.0, true)], Change::Add(3.0))]
#[case::delta_after_a_gauge(&[(1.0, false), (2.0, true)], Change::Set(3.0))]
#[case::gauge_after_a_delta(&[(1.0, true), (2.0, false)], Change::Set(2.0))]
fn points_of_a_series_become_one_change(#[case] points: &[(f64, bool)], #[case] becomes: Change) {
    let mut pushed = Pushed::default();
    points.iter().for_each(|(value, is_delta)| pushed.add(&point("m", *value, *is_delta)));
    assert_eq!(pushed.series.values().copied().collect::<Vec<_>>(), [becomes]);
}

#[test]
fn of_very_many_series_the_first_are_kept_and_still_change() {
    let mut pushed = Pushed::default();
    let names: Vec<String> = (0..1_000).map(|number| format!("m{number:04}")).collect();
    names.iter().for_each(|name| pushed.add(&point(name, 1.0, false)));
    pushed.add(&point("m0000", 7.0, false));
    assert_eq!(pushed.series.len(), SERIES_PER_INSTANCE_MAX);
    let first = ("m0000".to_owned(), Vec::new());
    assert_eq!(pushed.series.get(&first), Some(&Change::Set(7.0)));
    assert!(pushed.series.keys().all(|(metric, _)| metric.as_str() < "m0256"));
}

#[test]
fn a_malformed_push_says_so() {
    assert!(Pushed::read(&[255; 9]).malformed);
    assert_eq!(Pushed::read(&[]), Pushed::default());
}

use super::*;

fn figure(mb: f64) -> Figure {
    Figure { mb_per_second: Some(mb), ..Figure::default() }
}

#[test]
fn medians_of_odd_and_even_numbers() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[1.0]), Some(1.0));
    assert_eq!(median(&[1.0, 2.0, 9.0]), Some(2.0));
    assert_eq!(median(&[1.0, 2.0, 3.0, 9.0]), Some(3.0));
}

#[test]
fn only_measured_columns_are_shown() {
    let sides = [
        ("a".to_owned(), vec![figure(3.0), figure(1.0), figure(2.0).with("RSS, MB", 12.5)]),
        ("b".to_owned(), vec![Figure::default()]),
    ];
    assert_eq!(
        markdown(&sides),
        "| side | MB/s | RSS, MB |\n|---|---|---|\n| a | 2 (1–3) | 12.5 |\n| b | – | – |\n"
    );
}

#[test]
fn threads_are_shares_of_all_measurements() {
    let ran = |threads: &[(&str, f64)]| Figure {
        threads: threads.iter().map(|(name, seconds)| ((*name).to_owned(), *seconds)).collect(),
        ..Figure::default()
    };
    let figures = [ran(&[("a", 1.0), ("b", 0.5)]), ran(&[("b", 2.5)])];
    assert_eq!(threads(&figures).as_deref(), Some("b 75 %, a 25 %"));
    assert_eq!(threads(&[Figure::default()]), None);
}

use super::*;

#[test]
fn a_scale_holds_its_values_between_whole_powers() {
    let scale = Scale::around([3.0, 250.0].into_iter(), 0.0, 300.0);
    assert_eq!((scale.low, scale.high), (0, 3));
    assert!((scale.place(1.0)).abs() < 1e-9);
    assert!((scale.place(10.0) - 100.0).abs() < 1e-9);
    assert!((scale.place(1000.0) - 300.0).abs() < 1e-9);
}

#[test]
fn one_value_and_none_have_a_scale_too() {
    let one = Scale::around([10.0].into_iter(), 0.0, 1.0);
    assert_eq!((one.low, one.high), (1, 2));
    let none = Scale::around(std::iter::empty(), 0.0, 1.0);
    assert_eq!((none.low, none.high), (0, 1));
}

#[test]
fn powers_are_written_with_groups() {
    assert_eq!(number(0), "1");
    assert_eq!(number(5), "100,000");
    assert_eq!(number(6), "1,000,000");
    assert_eq!(number(-2), "0.01");
}

#[test]
fn every_point_is_drawn_and_words_are_escaped() {
    let series = Series { name: "a<b".to_owned(), points: vec![(1.0, 2.0), (10.0, 20.0)] };
    let chart = Chart {
        title: "t".to_owned(),
        x_label: "x".to_owned(),
        y_label: "y".to_owned(),
        series: vec![series],
    };
    let svg = chart.draw();
    assert_eq!(svg.matches("<circle").count(), 2);
    assert!(svg.contains("a&lt;b"));
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
}

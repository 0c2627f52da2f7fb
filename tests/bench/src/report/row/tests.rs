use super::Row;
use crate::report::Figure;

fn row(sides: &[(&str, &[f64])]) -> Row {
    let mut row = Row::new("row");
    for (side, costs) in sides {
        for cost in *costs {
            row.add(side, Figure { cpu_us: Some(*cost), ..Figure::default() });
        }
    }
    row
}

#[test]
fn paired_ratios_are_those_of_each_repeat() {
    // Both sides get twice as dear from repeat to repeat.
    let row = row(&[("one", &[11.0, 24.0, 40.0]), ("other", &[10.0, 20.0, 40.0])]);
    let ratios = row.paired_ratios("one", "other", |figure| figure.cpu_us);
    assert_eq!(ratios, [1.0, 1.1, 1.2]);
}

#[test]
fn a_side_that_was_not_measured_has_no_ratios() {
    let row = row(&[("one", &[1.0])]);
    assert!(row.paired_ratios("one", "other", |figure| figure.cpu_us).is_empty());
    assert!(row.paired_ratios("one", "one", |figure| figure.p99_us).is_empty());
}

use super::*;

fn judged(row: &str) -> Vec<String> {
    let page = format!("# Page\n\n{HEAD}\n|---|---|---|\n{row}\n");
    let test = |path: &str, names: &[&str]| {
        (path.to_owned(), names.iter().map(|&name| name.to_owned()).collect())
    };
    let tests = BTreeMap::from([
        test("protocol/wire/src/guard/tests.rs", &["trap_9_tags", "other"]),
        test("tests/e2e/tests/traps/produce.rs", &["traps_35_and_36_times", "traps_2_to_4_7_up_1"]),
    ]);
    faults(&page, &tests)
}

#[test]
fn a_row_whose_traps_are_tested_where_it_says_has_no_fault() {
    for row in [
        "| 9 | what | `wire/guard` |",
        "| 9, 35 | what | `wire/guard`, `traps/produce` |",
        "| 2–4, 7 | what | `traps/produce` |",
        "| 51 | what | with compaction |",
    ] {
        assert_eq!(judged(row), [""; 0]);
    }
}

#[test]
fn each_fault_is_named() {
    for (row, expected) in [
        ("| 9, 10 | what | `wire/guard` |", "no test of {10}"),
        ("| 9 | what | `wire/guard`, `traps/produce` |", "no test of it in traps/produce"),
        ("| 9 | what | `guard/wire` |", "no test of it in guard/wire"),
        ("| 1 | what | `traps/produce` |", "no test of {1}"),
        ("| nine | what | `wire/guard` |", "no numbers"),
        ("| 9 | `wire/guard` |", "2 cells"),
    ] {
        let faults = judged(row);
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{row}: {faults:?}");
    }
    assert_eq!(faults("no table", &BTreeMap::new()).len(), 1);
}

use super::*;

fn page(row: &str) -> String {
    format!(
        "# Page\n\n{SERVED}\n|---|---|---|\n| Fetch, Produce | 1–2 | |\n\n\
         {HEAD}\n|---|---|---|---|---|\n{row}\n\nafter | it\n"
    )
}

fn judged(row: &str) -> Vec<String> {
    let names = ["it_holds", "trap_1_of_many"].map(str::to_owned).into();
    faults(&page(row), &names, &|path| path == Path::new("broker/log"))
}

#[test]
fn a_row_with_its_crate_and_its_tests_has_no_fault() {
    assert_eq!(judged("| 1 | what | served | `broker/log` | `it_holds` |"), [""; 0]);
    assert_eq!(
        judged("| 1 | what | served | `broker/log` | `it_holds`, `trap_1_of_many` |"),
        [""; 0]
    );
    assert_eq!(judged("| 2 | what | later | `broker/none` | – |"), [""; 0]);
}

#[test]
fn each_fault_is_named() {
    for (row, expected) in [
        ("| 1 | what | served | `broker/log` | `gone` |", "no test \"gone\""),
        ("| 1 | what | served | `broker/log` | – |", "no test"),
        ("| 1 | what | served | `broker/none` | `it_holds` |", "no crate"),
        ("| 1 | compaction and Produce | later | `broker/none` | – |", "Produce is served"),
        ("| 1 | what | soon | `broker/log` | `it_holds` |", "status soon"),
        ("| 1 | what | served | `broker/log` |", "4 cells"),
    ] {
        let faults = judged(row);
        assert!(faults.len() == 1 && faults[0].contains(expected), "{row}: {faults:?}");
    }
    assert_eq!(faults("no table", &BTreeSet::new(), &|_| true).len(), 1);
}

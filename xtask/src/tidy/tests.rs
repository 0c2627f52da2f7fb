//! Each rule of `tidy` finds what it is there to find, and lets good files pass.

use super::*;

fn faults_of(path: &str, text: &str) -> Vec<String> {
    let mut faults = vec![];
    check_name(Path::new(path), &mut faults);
    check_text(Path::new(path), text, &mut faults);
    faults
}

#[test]
fn a_good_file_has_no_fault() {
    assert_eq!(faults_of("broker/wal/src/ring.rs", "//! The ring.\n\nfn f() {}\n"), [""; 0]);
}

#[test]
fn each_rule_finds_its_fault() {
    let long = format!("//! Long.\n{}", "\n".repeat(LINES_MAX));
    let rows = [
        ("broker/src/a.rs", "fn f() {}\n", "no module doc"),
        ("broker/src/mod.rs", "//! A.\n", "`mod`"),
        ("broker/src/utils/a.rs", "//! A.\n", "`utils`"),
        ("broker/src/a.rs", &long, "lines, more than"),
        ("broker/src/a.rs", concat!("//! A.\n// TO", "DO later\n"), "finish it"),
        ("broker/src/a.rs", concat!("//! A.\n#[ign", "ore]\n"), "proves nothing"),
        ("docs/a.md", "see [it](nowhere.md)", "leads nowhere"),
        ("docs/a.md", concat!("in /wo", "rk/here"), "one machine"),
    ];
    for (path, text, expected) in rows {
        let faults = faults_of(path, text);
        assert!(faults.iter().any(|f| f.contains(expected)), "{path}: {expected}: {faults:?}");
    }
}

#[test]
fn tests_may_be_long() {
    let long = format!("//! Long.\n{}", "\n".repeat(LINES_MAX));
    assert_eq!(faults_of("broker/wal/src/ring/tests.rs", &long), [""; 0]);
    assert_eq!(faults_of("tests/e2e/tests/traps.rs", &long), [""; 0]);
}

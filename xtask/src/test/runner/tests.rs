//! Counting what test binaries say.

use super::*;

#[test]
fn summaries_of_all_binaries_are_added_up() {
    let log = "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out\n\
               noise\n\
               test result: FAILED. 3 passed; 2 failed; 0 ignored\n";
    let outcome = outcome(log, false);
    assert_eq!((outcome.passed, outcome.failed), (15, 2));
}

#[test]
fn a_suite_without_tests_counts_once() {
    let passed = outcome("Checking\n", true);
    assert_eq!((passed.passed, passed.failed), (1, 0));
    let failed = outcome("error: no\n", false);
    assert_eq!((failed.passed, failed.failed), (0, 1));
}

#[test]
fn a_run_that_breaks_off_after_good_tests_fails() {
    let outcome = outcome("test result: ok. 4 passed; 0 failed;\n", false);
    assert_eq!((outcome.passed, outcome.failed), (4, 1));
}

#[test]
fn a_choice_of_tests_that_finds_none_fails() {
    let outcome = outcome("test result: ok. 0 passed; 0 failed; 0 ignored\n", true);
    assert_eq!((outcome.passed, outcome.failed), (0, 1));
}

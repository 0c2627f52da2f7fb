//! Which cluster a command speaks to.

use rstest::rstest;
use tempfile::TempDir;

use crate::broker::{Said, finish, ringtide};

/// Runs a command where the current context is a cluster that is not there.
fn run(args: &[&str], variables: &[(&str, &str)]) -> Said {
    let home = TempDir::with_prefix("ringtide-cli-").unwrap();
    let file = home.path().join("contexts.toml");
    let here = "current = 'here'\n[contexts.here]\nbootstrap = '127.0.0.1:1'\nhttp = '127.0.0.1:1'";
    std::fs::write(&file, here).unwrap();
    let mut command = ringtide();
    command.args(args).env("RINGTIDE_CONTEXTS", &file).envs(variables.iter().copied());
    finish(command, "")
}

#[rstest]
#[case(&["topic", "ls"], "no broker could be reached (127.0.0.1:1: ")]
#[case(&["health"], "nothing answers at http://127.0.0.1:1: ")]
fn an_empty_variable_is_the_same_as_none(#[case] args: &[&str], #[case] message: &str) {
    let said = run(args, &[("RINGTIDE_BOOTSTRAP", ""), ("RINGTIDE_CONTEXT", "")]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains(message), "{}", said.err);
}

#[rstest]
#[case("--bootstrap")]
#[case("--context")]
fn an_empty_argument_is_a_mistake(#[case] argument: &str) {
    let said = run(&["topic", "ls", argument, ""], &[]);
    assert_eq!(said.code, 2, "{}", said.err);
}

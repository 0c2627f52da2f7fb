//! What the environment says, and what it says by mistake.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::broker::{finish, ringtide};

const NOT_UTF8: &[u8] = b"\xff";

#[test]
fn a_foreign_variable_may_hold_any_bytes() {
    let mut command = ringtide();
    command.args(["config", "show"]).env("X", OsStr::from_bytes(NOT_UTF8));
    command.env(OsStr::from_bytes(NOT_UTF8), "x");
    command.env("RINGTIDE_BIN", OsStr::from_bytes(NOT_UTF8));
    let said = finish(command, "");
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn a_setting_that_is_not_utf8_is_named() {
    let mut command = ringtide();
    command.args(["config", "show"]).env("RINGTIDE_RING__SIZE", OsStr::from_bytes(NOT_UTF8));
    let said = finish(command, "");
    assert_eq!(said.code, 2);
    let expected = "error[RT0401]: environment variable RINGTIDE_RING__SIZE: the value of \
                    \"ring.size\" is not UTF-8\n";
    assert!(said.err.starts_with(expected), "{}", said.err);
}

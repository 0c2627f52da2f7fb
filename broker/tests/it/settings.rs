//! The settings a broker starts with, right and wrong.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use tempfile::TempDir;

use crate::broker::{finish, ringtide};

const CANNOT_BE_USED: i32 = 2;
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
    assert_eq!(said.code, CANNOT_BE_USED);
    let expected = "error[RT0401]: environment variable RINGTIDE_RING__SIZE: the value of \
                    \"ring.size\" is not UTF-8\n";
    assert!(said.err.starts_with(expected), "{}", said.err);
}

#[test]
fn the_check_and_the_server_refuse_the_same_log_level() {
    let home = TempDir::with_prefix("ringtide-cli-").unwrap();
    let file = home.path().join("r.toml");
    std::fs::write(&file, "logging.level = 'info,broken=loud'\n").unwrap();
    let mut check = ringtide();
    check.args(["config", "check"]).arg(&file);
    let mut server = ringtide();
    server.args(["server", "--config"]).arg(&file).arg("--data").arg(home.path().join("data"));
    for command in [check, server] {
        let said = finish(command, "");
        assert_eq!(said.code, CANNOT_BE_USED, "{}", said.err);
        assert!(said.err.contains("configuration logging.level: \"loud\" is no level"), "{said:?}");
    }
}

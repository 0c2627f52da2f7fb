//! Our driver over franz-go, and that library's own tests. Go's caches keep the library and what was
//! compiled of it.

use std::env;

use anyhow::Result;

use super::cache::persist;
use crate::process;

const TESTS: &str = "github.com/twmb/franz-go/pkg/kgo";

pub(super) fn build() -> Result<()> {
    build_one(&["build"], "franz", ".")?;
    build_one(&["test", "-c"], "kgo.test", TESTS)
}

fn build_one(how: &[&str], program: &str, package: &str) -> Result<()> {
    persist(|| {
        let mut go = process::command("go", how);
        go.args(["-trimpath", "-mod=readonly", "-o"]);
        let program = format!("{program}{}", env::consts::EXE_SUFFIX);
        go.arg(super::drivers().join(program)).arg(package);
        go.current_dir(process::root().join("tests/e2e/clients/franz"));
        go
    })
}

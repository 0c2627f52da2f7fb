//! Our driver over franz-go. Go's own caches keep the library and what was compiled of it.

use std::env;

use anyhow::Result;

use super::cache::persist;
use crate::process;

pub(super) fn build_driver() -> Result<()> {
    persist(|| {
        let mut go = process::command("go", &["build", "-trimpath", "-mod=readonly", "-o"]);
        let program = format!("franz{}", env::consts::EXE_SUFFIX);
        go.arg(super::drivers().join(program)).arg(".");
        go.current_dir(process::root().join("tests/e2e/clients/franz"));
        go
    })
}

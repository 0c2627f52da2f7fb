//! JavaScript clients, as the lock files in `tests/e2e/clients/npm` say, each in a folder of its own.

use std::fs;

use anyhow::Result;

use super::cache::{ensure, persist};
use crate::process;

pub(super) fn install() -> Result<()> {
    for name in ["kafkajs", "platformatic"] {
        ensure(name, |place| {
            let locked = process::root().join("tests/e2e/clients/npm").join(name);
            for file in ["package.json", "package-lock.json"] {
                fs::copy(locked.join(file), place.join(file))?;
            }
            persist(|| {
                let words = ["ci", "--silent", "--no-fund", "--no-audit", "--ignore-scripts"];
                let mut npm = process::command("npm", &words);
                npm.current_dir(place);
                npm
            })
        })?;
    }
    Ok(())
}

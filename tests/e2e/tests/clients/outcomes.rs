//! What a client could do, left for `cargo xtask matrix`: a file for each client and capability.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::json;

use super::driver::Driver;

/// A column of the table of clients.
#[derive(Clone, Copy, Debug)]
pub(super) enum Capability {
    Records,
    Idempotence,
    Topics,
    Errors,
    Groups,
    Commits,
    StaticMembers,
    GroupAdministration,
    ConsumerProtocol,
}

impl Capability {
    fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Idempotence => "idempotence",
            Self::Topics => "topics",
            Self::Errors => "errors",
            Self::Groups => "groups",
            Self::Commits => "commits",
            Self::StaticMembers => "static members",
            Self::GroupAdministration => "group administration",
            Self::ConsumerProtocol => "consumer protocol",
        }
    }
}

/// Notes that the tests of `capability` have passed for `driver`. Nothing stands for what has failed.
pub(super) fn passed(driver: Driver, capability: Capability) -> Result<()> {
    let Some(folder) = env::var_os("XTASK_OUTCOMES").map(PathBuf::from) else { return Ok(()) };
    fs::create_dir_all(&folder)?;
    let (client, capability) = (driver.name(), capability.name());
    let file = folder.join(format!("{client}.{capability}.json"));
    let content = json!({"client": client, "capability": capability, "outcome": "passed"});
    fs::write(&file, content.to_string())
        .with_context(|| format!("cannot write {}", file.display()))
}

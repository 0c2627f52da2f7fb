//! `layers`: which of our crates may depend on which. The table below is the architecture; a new
//! arrow is an event, so it is added here by hand and explained in the commit.
//!
//! Arrows point down only. Heavy third-party crates live behind the crates named in `BEHIND`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process;

/// crate → the crates of ours that it may name. Lower crates first.
const ALLOWED: &[(&str, &[&str])] = &[
    ("protocol-types", &[]),
    ("config", &["protocol-types"]),
    ("protocol-records", &["protocol-types"]),
    ("protocol-wire", &["protocol-types", "protocol-records"]),
    ("broker-env", &["protocol-types"]),
    ("broker-wal", &["broker-env", "protocol-types"]),
    ("broker-replication", &["protocol-types"]),
    // The high watermark is the replication's decision; the log's marks hold it.
    (
        "broker-log",
        &["broker-env", "broker-wal", "broker-replication", "protocol-types", "protocol-records"],
    ),
    ("broker-metadata", &["config", "protocol-types"]),
    ("broker-limits", &["protocol-types"]),
    // Whether a subscription is one is decided where its records are made.
    ("broker-telemetry", &["protocol-types"]),
    (
        "broker-controller",
        &["broker-env", "broker-metadata", "broker-telemetry", "config", "protocol-types"],
    ),
    // A coordinator follows the image; what its records mean is its machines' business.
    ("broker-coordinator", &["broker-env", "broker-metadata", "protocol-types"]),
    ("broker-groups", &["broker-env", "broker-coordinator", "broker-metadata", "protocol-types"]),
    // Coordinators keep their records in partitions: `CoordinatorLog` is implemented here.
    (
        "broker-partitions",
        &[
            "broker-env",
            "broker-wal",
            "broker-log",
            "broker-replication",
            "broker-metadata",
            "broker-coordinator",
            "config",
            "protocol-types",
            "protocol-records",
        ],
    ),
    (
        "broker-server",
        &[
            "broker-env",
            "broker-metadata",
            "broker-limits",
            "broker-telemetry",
            "broker-controller",
            "broker-coordinator",
            "broker-groups",
            "broker-partitions",
            "config",
            "protocol-types",
            "protocol-records",
            "protocol-wire",
        ],
    ),
    (
        "broker-http",
        &[
            "broker-env",
            "broker-metadata",
            "broker-controller",
            "broker-partitions",
            "config",
            "protocol-types",
        ],
    ),
    (
        "broker",
        &[
            "broker-env",
            "broker-wal",
            "broker-log",
            "broker-metadata",
            "broker-controller",
            "broker-coordinator",
            "broker-groups",
            "broker-partitions",
            "broker-server",
            "broker-http",
            "config",
            "protocol-types",
            "protocol-records",
            "protocol-wire",
        ],
    ),
    (
        "tests-e2e",
        &[
            "broker-env",
            "broker-wal",
            "broker-log",
            "protocol-types",
            "protocol-records",
            "protocol-wire",
        ],
    ),
    (
        "tests-fuzz",
        &[
            "broker-env",
            "broker-wal",
            "broker-log",
            "broker-metadata",
            "broker-controller",
            "broker-coordinator",
            "broker-groups",
            "broker-telemetry",
            "config",
            "protocol-types",
            "protocol-records",
            "protocol-wire",
        ],
    ),
    (
        "tests-bench",
        &["broker-env", "broker-wal", "protocol-types", "protocol-records", "protocol-wire"],
    ),
    // It drives each crate on the way of a record as the crate above it does.
    (
        "tests-gates",
        &[
            "broker-env",
            "broker-wal",
            "broker-metadata",
            "broker-controller",
            "broker-partitions",
            "broker-server",
            "config",
            "protocol-types",
            "protocol-records",
            "protocol-wire",
            "tests-e2e",
        ],
    ),
    ("xtask", &[]),
];

/// Third-party crate → the only crates of ours that may name it.
const BEHIND: &[(&str, &[&str])] = &[
    ("kafka-protocol", &["protocol-wire", "broker-server", "tests-e2e", "tests-bench"]),
    // The load generator polls sockets by itself, to be cheaper than any broker.
    ("rustix", &["broker-env", "tests-bench"]),
    ("socket2", &["broker-env"]),
    ("memmap2", &["broker-env"]),
    ("axum", &["broker-http"]),
    ("zstd", &["protocol-records"]),
    ("lz4_flex", &["protocol-records"]),
    ("snap", &["protocol-records"]),
    ("flate2", &["protocol-records"]),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

pub(crate) fn run() -> Result<()> {
    let text =
        process::output(&mut process::cargo(&["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: Metadata = serde_json::from_str(&text).context("cargo metadata is not json")?;
    let faults = faults(&metadata);
    if !faults.is_empty() {
        bail!("{}\n(the table is in xtask/src/layers.rs)", faults.join("\n"));
    }
    println!("layers: {} crates, no new arrow", metadata.packages.len());
    Ok(())
}

fn faults(metadata: &Metadata) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    let mut faults = vec![];
    for package in &metadata.packages {
        let Some(targets) = allowed.get(package.name.as_str()) else {
            faults.push(format!("crate {} is not in the table", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            let is_test_arrow = dependency.kind.as_deref() == Some("dev");
            if ours.contains(to) && !targets.contains(&to) && !is_test_arrow {
                faults.push(format!("new arrow: {} -> {to}", package.name));
            }
            faults.extend(misplaced(&package.name, to, is_test_arrow));
        }
    }
    faults
}

fn misplaced(from: &str, to: &str, is_test_arrow: bool) -> Option<String> {
    let (_, homes) = BEHIND.iter().find(|(name, _)| *name == to)?;
    (!homes.contains(&from) && !is_test_arrow)
        .then(|| format!("{from} names {to}, which lives behind {}", homes.join(", ")))
}

#[cfg(test)]
mod tests;

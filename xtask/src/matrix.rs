//! `matrix`: the table of clients in `docs/compatibility.md`, made from what the end-to-end tests leave.
//!
//! A cell says yes only where a test of that client has passed; `--check` fails when the committed table
//! claims more or less than the last run has shown. Why a client has a thing not at all stands in its row.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::install::{self, cache::pin};
use crate::process;

const START: &str = "<!-- clients: written by cargo xtask matrix -->\n";
const END: &str = "<!-- /clients -->\n";

/// Columns, by the names that the tests use.
const CAPABILITIES: [&str; 9] = [
    "records",
    "idempotence",
    "topics",
    "errors",
    "groups",
    "commits",
    "static members",
    "group administration",
    "consumer protocol",
];

struct Row {
    /// As the tests call it.
    client: &'static str,
    title: &'static str,
    /// What has its version: a name in the pins, or the version itself.
    version: Version,
    /// Capabilities that the library has not.
    lacks: &'static [&'static str],
    remarks: &'static str,
}

enum Version {
    Pin(&'static str),
    Is(&'static str),
}

const ROWS: [Row; 11] = [
    Row {
        client: "java",
        title: "Java `kafka-clients`",
        version: Version::Pin("kafka-clients"),
        lacks: &[],
        remarks: "",
    },
    Row {
        client: "java-old",
        title: "Java `kafka-clients`",
        version: Version::Pin("kafka-clients-old"),
        lacks: &["consumer protocol"],
        remarks: "has the consumer protocol as a preview only",
    },
    Row {
        client: "confluent-kafka",
        title: "confluent-kafka",
        version: Version::Pin("confluent-kafka"),
        lacks: &[],
        remarks: "deletes no offset of a group",
    },
    Row {
        client: "rdkafka",
        title: "`rdkafka`",
        version: Version::Is("0.39, librdkafka 2.12.1"),
        lacks: &[],
        remarks: "no incremental change of settings, no administration of a group's offsets",
    },
    Row {
        client: "kcat",
        title: "kcat",
        version: Version::Is("1.7.1, librdkafka 2.0.2"),
        lacks: &["idempotence", "topics", "errors", "group administration", "consumer protocol"],
        remarks: "sets no timestamps, commits by itself and seeks nowhere",
    },
    Row {
        client: "kafka-python",
        title: "kafka-python",
        version: Version::Pin("kafka-python"),
        lacks: &["consumer protocol"],
        remarks: "cannot write a header without a value",
    },
    Row {
        client: "kafka-python-old",
        title: "kafka-python",
        version: Version::Pin("kafka-python-old"),
        lacks: &["idempotence", "static members", "consumer protocol"],
        remarks: "deletes no records, changes no settings incrementally and no offsets of a group",
    },
    Row {
        client: "aiokafka",
        title: "aiokafka",
        version: Version::Pin("aiokafka"),
        lacks: &["consumer protocol"],
        remarks: "deletes no groups and changes none of their offsets",
    },
    Row {
        client: "kafkajs",
        title: "kafkajs",
        version: Version::Pin("kafkajs"),
        lacks: &["static members", "consumer protocol"],
        remarks: "gathers headers by key, deletes no offset of a group",
    },
    Row {
        client: "platformatic",
        title: "@platformatic/kafka",
        version: Version::Pin("platformatic"),
        lacks: &[],
        remarks: "on Node.js 20 without zstd; cannot read the frames that Java and Python put around snappy",
    },
    Row {
        client: "franz-go",
        title: "franz-go",
        version: Version::Pin("franz-go"),
        lacks: &[],
        remarks: "",
    },
];

#[derive(Args)]
pub(crate) struct Options {
    /// Change nothing; fail if the table is not what the tests have shown
    #[arg(long, conflicts_with = "forget")]
    check: bool,
    /// Forget what earlier runs have shown
    #[arg(long)]
    forget: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = install::outcomes();
    if options.forget {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        return Ok(());
    }
    let page = page();
    let text =
        fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let (before, rest) = text.split_once(START).context("no mark where the table starts")?;
    let (committed, after) = rest.split_once(END).context("no mark where the table ends")?;
    let shown = table(&passed()?);
    if !options.check {
        fs::write(&page, format!("{before}{START}{shown}{END}{after}"))?;
        return Ok(());
    }
    let differences = differences(committed, &shown);
    if !differences.is_empty() {
        bail!("{} is not what the tests have shown:\n{}", page.display(), differences.join("\n"));
    }
    println!("matrix: the table is what was shown");
    Ok(())
}

fn page() -> PathBuf {
    process::root().join("docs/compatibility.md")
}

/// Pairs of client and capability.
fn passed() -> Result<BTreeSet<(String, String)>> {
    let mut passed = BTreeSet::new();
    let folder = install::outcomes();
    let files = fs::read_dir(&folder)
        .with_context(|| format!("no outcomes in {}: run the tests", folder.display()))?;
    for file in files {
        let outcome: Value = serde_json::from_str(&fs::read_to_string(file?.path())?)?;
        let field = |name: &str| outcome.get(name).and_then(Value::as_str);
        let text = |name: &str| field(name).unwrap_or_default().to_owned();
        if text("outcome") == "passed" {
            passed.insert((text("client"), text("capability")));
        }
    }
    Ok(passed)
}

fn table(passed: &BTreeSet<(String, String)>) -> String {
    let mut table = format!("| client | {} | remarks |\n", CAPABILITIES.join(" | "));
    table.push_str(&"|---".repeat(CAPABILITIES.len() + 2));
    table.push_str("|\n");
    for row in &ROWS {
        let version = match row.version {
            Version::Pin(name) => pin(name),
            Version::Is(version) => version,
        };
        let cells = CAPABILITIES.map(|capability| {
            let is_shown = passed.contains(&(row.client.to_owned(), capability.to_owned()));
            match (is_shown, row.lacks.contains(&capability)) {
                (true, _) => "yes",
                (false, true) => "–",
                (false, false) => "no",
            }
        });
        let (title, remarks) = (row.title, row.remarks);
        table.push_str(&format!("| {title} {version} | {} | {remarks} |\n", cells.join(" | ")));
    }
    table
}

/// Cells that are not the same in both tables, in words.
fn differences(committed: &str, shown: &str) -> Vec<String> {
    let (committed, shown) = (rows(committed), rows(shown));
    let clients: BTreeSet<_> = committed.keys().chain(shown.keys()).collect();
    let mut differences = vec![];
    for client in clients {
        let cell = |rows: &Rows, place: usize| {
            let cell = rows.get(client).and_then(|cells| cells.get(place));
            cell.map_or_else(|| "missing".to_owned(), |cell| format!("`{cell}`"))
        };
        for (place, column) in CAPABILITIES.iter().chain(&["remarks"]).enumerate() {
            let (claimed, found) = (cell(&committed, place), cell(&shown, place));
            if claimed != found {
                differences.push(format!("{client}: {column} is {claimed}, shown {found}"));
            }
        }
    }
    differences
}

/// The cells behind each client.
type Rows = BTreeMap<String, Vec<String>>;

fn rows(table: &str) -> Rows {
    let cells = |line: &str| {
        let mut cells = line.split('|').map(|cell| cell.trim().to_owned()).skip(1);
        Some((cells.next()?, cells.collect()))
    };
    table.lines().filter_map(cells).filter(|(client, _)| !client.starts_with("---")).collect()
}

#[cfg(test)]
mod tests;

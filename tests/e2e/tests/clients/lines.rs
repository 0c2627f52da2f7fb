//! What drivers say, sorted: records by topic and partition, lookups, and steps by name.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Cases;

/// A record as a driver shows it. Bytes are hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) offset: i64,
    pub(super) timestamp: Option<i64>,
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
    pub(super) headers: Vec<(String, Option<String>)>,
}

/// What a consumer found, of all topics.
#[derive(Default)]
pub(super) struct Consumed {
    /// By topic and partition, in the order of reading.
    pub(super) records: BTreeMap<(String, i64), Vec<Record>>,
    /// By topic, partition and timestamp asked.
    pub(super) lookups: BTreeMap<(String, i64, i64), Option<i64>>,
}

impl Consumed {
    pub(super) fn from(lines: &[Value]) -> Result<Self> {
        let mut consumed = Self::default();
        for line in lines {
            let topic = line["topic"].as_str().context("topic")?.to_owned();
            let partition = line["partition"].as_i64().context("partition")?;
            if let Some(asked) = line["asked"].as_i64() {
                consumed.lookups.insert((topic, partition, asked), line["offset"].as_i64());
                continue;
            }
            consumed.records.entry((topic, partition)).or_default().push(Record {
                offset: line["offset"].as_i64().context("offset")?,
                timestamp: line["timestamp"].as_i64(),
                key: line["key"].as_str().map(str::to_owned),
                value: line["value"].as_str().map(str::to_owned),
                headers: serde_json::from_value(line["headers"].clone())?,
            });
        }
        Ok(consumed)
    }
}

pub(super) fn cases(lines: &[Value]) -> Result<Cases> {
    let mut cases = Cases::new();
    for line in lines {
        let name = line["case"].as_str().context("case")?.to_owned();
        ensure!(cases.insert(name, line["got"].clone()).is_none(), "twice: {line}");
    }
    Ok(cases)
}

//! The scenario that every producer writes, as the tests expect to read it back.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use super::driver::{Driver, folder};
use super::lines::Record;

pub(super) struct Scenario {
    content: Value,
}

/// Records of each partition in order of offset.
pub(super) type Partitions = BTreeMap<i64, Vec<Record>>;

impl Scenario {
    pub(super) fn path() -> PathBuf {
        folder().join("scenario.json")
    }

    pub(super) fn read() -> Result<Self> {
        Ok(Self { content: serde_json::from_str(&fs::read_to_string(Self::path())?)? })
    }

    pub(super) fn partitions(&self) -> Result<i32> {
        Ok(i32::try_from(
            self.content.get("partitions").and_then(Value::as_i64).context("partitions")?,
        )?)
    }

    pub(super) fn codecs(&self) -> Vec<&str> {
        self.list("codecs").filter_map(Value::as_str).collect()
    }

    /// What `producer` writes. `timestamp` is `None` where it cannot be known.
    pub(super) fn written_by(&self, producer: Driver) -> Result<Partitions> {
        let mut partitions = Partitions::new();
        for fields in self.list("records") {
            let not_by = fields["not_by"].as_array().context("not_by")?;
            if not_by.iter().any(|name| name == producer.family()) {
                continue;
            }
            let partition = fields["partition"].as_i64().context("partition")?;
            let records = partitions.entry(partition).or_default();
            let times = usize::try_from(fields["times"].as_u64().context("times")?)?;
            records.push(Record {
                offset: i64::try_from(records.len())?,
                timestamp: fields["timestamp"].as_i64().filter(|_| producer.sets_timestamps()),
                key: fields["key"].as_str().map(str::to_owned),
                value: fields["value"].as_str().map(|part| part.repeat(times)),
                headers: serde_json::from_value(fields["headers"].clone())?,
            });
        }
        Ok(partitions)
    }

    /// Partition and timestamp of each lookup, with the offset that must be found: that of the first record
    /// which is not older.
    pub(super) fn lookups(&self, written: &Partitions) -> Result<Vec<(i64, i64, Option<i64>)>> {
        let mut lookups = vec![];
        for pair in self.list("times_asked") {
            let (partition, asked): (i64, i64) = serde_json::from_value(pair.clone())?;
            let records = written.get(&partition).map_or(&[][..], Vec::as_slice);
            let first = records.iter().find(|record| record.timestamp.is_some_and(|t| t >= asked));
            lookups.push((partition, asked, first.map(|record| record.offset)));
        }
        Ok(lookups)
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.content.get(name).and_then(Value::as_array).into_iter().flatten()
    }
}

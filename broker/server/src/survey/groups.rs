//! Consumer groups: members, state, committed offsets and lag.
//!
//! Lag in records is the high watermark less the committed offset. Lag in seconds is the age of the
//! first record that is not committed; it is looked up once for each offset, and only so many are
//! looked up in one survey: who is not looked up yet shows no lag in seconds rather than a wrong one.

use std::{collections::BTreeMap, sync::Arc};

use broker_coordinator::ShardIndex;
use broker_groups::{Reply, Request, Surveyed};
use broker_partitions::Partition;
use protocol_types::{LocalId, Offset, Timestamp};

use super::{
    SurveyDeps,
    text::{Exposition, float},
};

#[cfg(test)]
mod tests;

/// Offsets whose time is looked up in one survey.
const LOOKUPS_MAX: usize = 200;

/// States a group may be in, as Kafka's tools name them.
const STATES: [&str; 7] = [
    "Assigning",
    "CompletingRebalance",
    "Dead",
    "Empty",
    "PreparingRebalance",
    "Reconciling",
    "Stable",
];

/// Times of offsets, kept while somebody's committed offset is there.
#[derive(Debug, Default)]
pub(super) struct LagTimes {
    known: BTreeMap<(LocalId, Offset), Option<Timestamp>>,
}

/// A committed offset and what it lags behind by.
#[derive(Debug)]
struct Lag {
    group: Arc<str>,
    topic: Arc<str>,
    partition: String,
    committed: i64,
    records: u64,
    seconds: Option<f64>,
}

pub(super) async fn write(deps: &SurveyDeps, times: &mut LagTimes, out: &mut Exposition) {
    let groups = gather(deps).await;
    write_groups(&groups, out);
    let lags = times.lags(deps, &groups).await;
    out.gauge("ringtide_consumer_group_committed_offset", "Committed offset of a partition.");
    for lag in &lags {
        out.sample(&lag.labels(), signed(lag.committed));
    }
    out.gauge("ringtide_consumer_group_lag", "Records between the committed offset and the end.");
    for lag in &lags {
        out.sample(&lag.labels(), float(lag.records));
    }
    out.gauge(
        "ringtide_consumer_group_lag_seconds",
        "Age of the first record that is not committed; 0 without lag.",
    );
    for lag in &lags {
        if let Some(seconds) = lag.seconds {
            out.sample(&lag.labels(), seconds);
        }
    }
}

async fn gather(deps: &SurveyDeps) -> Vec<Surveyed> {
    let settings = &deps.config.metrics;
    let coordinator = &deps.coordinators.groups;
    let mut groups = Vec::new();
    for shard in 0..coordinator.shards() {
        // A shard that is loading is left out, as it is for everybody else.
        if let Ok(Reply::Survey(found)) = coordinator.call(ShardIndex(shard), Request::Survey).await
        {
            groups.extend(found);
        }
    }
    groups.retain(|group| {
        settings.groups.admits(&group.id) && !(settings.skip_empty_groups && group.members == 0)
    });
    groups.sort_by(|a, b| a.id.cmp(&b.id));
    groups
}

fn write_groups(groups: &[Surveyed], out: &mut Exposition) {
    out.gauge("ringtide_consumer_groups", "Groups by state.");
    for state in STATES {
        let count = groups.iter().filter(|group| group.state == state).count();
        out.sample(&[("state", state)], float(count as u64));
    }
    out.gauge("ringtide_consumer_group_members", "Members of a group.");
    for group in groups {
        out.sample(&[("group", &group.id)], float(u64::from(group.members)));
    }
    out.gauge("ringtide_consumer_group_state", "1 for the state a group is in.");
    for group in groups {
        out.sample(&[("group", &group.id), ("state", group.state)], 1.0);
    }
    out.counter(
        "ringtide_consumer_group_rebalances_total",
        "Generations of a classic group, or epochs of a consumer group.",
    );
    for group in groups {
        out.sample(&[("group", &group.id)], float(u64::from(group.rebalances)));
    }
}

impl LagTimes {
    async fn lags(&mut self, deps: &SurveyDeps, groups: &[Surveyed]) -> Vec<Lag> {
        let now = deps.clock.wall();
        let mut known = BTreeMap::new();
        let mut lookups = 0;
        let mut lags = Vec::new();
        for group in groups {
            for (topic, index, committed) in &group.offsets {
                let found = deps.partitions.topic(topic).and_then(|topic| topic.partition(*index));
                let (Some(partition), Ok(at)) = (found, u64::try_from(*committed)) else {
                    continue;
                };
                let marks = deps.partitions.marks(&partition);
                let records = marks.high_watermark.0.saturating_sub(at);
                let seconds = if records == 0 {
                    Some(0.0)
                } else {
                    let from = Offset(at.max(marks.log_start.0));
                    let time = self.time(deps, &partition, from, &mut known, &mut lookups).await;
                    time.flatten().map(|time| age_seconds(now, time))
                };
                lags.push(Lag {
                    group: Arc::clone(&group.id),
                    topic: Arc::clone(topic),
                    partition: index.0.to_string(),
                    committed: *committed,
                    records,
                    seconds,
                });
            }
        }
        self.known = known;
        lags
    }

    /// The time of the record at `from`; `None` if it has to wait for another survey.
    async fn time(
        &self,
        deps: &SurveyDeps,
        partition: &Arc<Partition>,
        from: Offset,
        known: &mut BTreeMap<(LocalId, Offset), Option<Timestamp>>,
        lookups: &mut usize,
    ) -> Option<Option<Timestamp>> {
        let key = (partition.local_id(), from);
        if let Some(time) = known.get(&key).or_else(|| self.known.get(&key)).copied() {
            known.insert(key, time);
            return Some(time);
        }
        if *lookups == LOOKUPS_MAX {
            return None;
        }
        *lookups += 1;
        let time = deps.partitions.timestamp_from(partition, from).await.ok()?;
        known.insert(key, time);
        Some(time)
    }
}

impl Lag {
    fn labels(&self) -> [(&str, &str); 3] {
        [("group", &self.group), ("topic", &self.topic), ("partition", &self.partition)]
    }
}

/// Seconds since `time`; a record from the future has no age.
fn age_seconds(now: Timestamp, time: Timestamp) -> f64 {
    float(u64::try_from(now.0.saturating_sub(time.0)).unwrap_or(0)) / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a metric needs no more than 52 bits")]
const fn signed(n: i64) -> f64 {
    n as f64
}

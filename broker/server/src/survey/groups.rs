//! Consumer groups: members, state, committed offsets and lag.
//!
//! Lag in records is the high watermark less the committed offset. Lag in seconds is the age of the
//! first record that is not committed ([`times`]).

use std::{collections::BTreeMap, sync::Arc};

use broker_coordinator::ShardIndex;
use broker_groups::{SurveyGroups, Surveyed};
use protocol_types::{Offset, Timestamp};

use self::times::Wanted;
use super::{
    SurveyDeps,
    text::{Exposition, float},
};

mod times;

pub(super) use times::LagTimes;

#[cfg(test)]
mod tests;

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

/// A committed offset and what it lags behind by.
#[derive(Debug)]
struct Lag {
    group: Arc<str>,
    topic: Arc<str>,
    partition: String,
    committed: i64,
    records: u64,
    seconds: Option<f64>,
    /// What must be known for the seconds; `None` without lag.
    wanted: Option<Wanted>,
}

pub(super) async fn write(deps: &SurveyDeps, times: &mut LagTimes, out: &mut Exposition) {
    let groups = gather(deps).await;
    write_groups(&groups, out);
    let lags = lags(deps, times, &groups).await;
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
    // Last, so that a bound on series costs what lag can be told without.
    out.gauge("ringtide_consumer_group_committed_offset", "Committed offset of a partition.");
    for lag in &lags {
        out.sample(&lag.labels(), signed(lag.committed));
    }
}

async fn gather(deps: &SurveyDeps) -> Vec<Surveyed> {
    let settings = &deps.config.metrics;
    let coordinators = &deps.coordinators;
    let mut groups = Vec::new();
    for shard in (0..coordinators.groups.shards()).map(ShardIndex) {
        // A shard that is loading is left out, as it is for everybody else.
        groups.extend(coordinators.ask_shard(shard, SurveyGroups).await.unwrap_or_default());
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

async fn lags(deps: &SurveyDeps, times: &mut LagTimes, groups: &[Surveyed]) -> Vec<Lag> {
    let mut partitions = BTreeMap::new();
    let mut lags = Vec::new();
    for group in groups {
        for (topic, index, committed) in &group.offsets {
            let found = deps.partitions.topic(topic).and_then(|topic| topic.partition(*index));
            let (Some(partition), Ok(at)) = (found, u64::try_from(*committed)) else { continue };
            let marks = deps.partitions.marks(&partition);
            let records = marks.high_watermark.0.saturating_sub(at);
            let from = Offset(at.max(marks.log_start.0));
            let local = partition.local_id();
            lags.push(Lag {
                group: Arc::clone(&group.id),
                topic: Arc::clone(topic),
                partition: index.0.to_string(),
                committed: *committed,
                records,
                seconds: (records == 0).then_some(0.0),
                wanted: (records > 0).then(|| Wanted {
                    group: Arc::clone(&group.id),
                    partition: local,
                    from,
                }),
            });
            partitions.insert(local, partition);
        }
    }
    let wanted: Vec<Wanted> = lags.iter().filter_map(|lag| lag.wanted.clone()).collect();
    for wanted in times.turns(&wanted) {
        let Some(partition) = partitions.get(&wanted.partition) else { continue };
        // One that cannot be read has to wait for its next turn.
        if let Ok(time) = deps.partitions.timestamp_from(partition, wanted.from).await {
            times.learn(&wanted, time);
        }
    }
    let now = deps.clock.wall();
    for lag in &mut lags {
        if let Some(wanted) = &lag.wanted {
            lag.seconds = times.of(wanted).map(|time| age_seconds(now, time));
        }
    }
    lags
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

//! The rows, in the order of the report.

pub(crate) mod catch_up;
pub(crate) mod end_to_end;
pub(crate) mod fan_out;
pub(crate) mod fetch;
pub(crate) mod first_append;
pub(crate) mod growth;
pub(crate) mod idle;
pub(crate) mod kinds;
pub(crate) mod produce;
pub(crate) mod rates;
pub(crate) mod real_clients;
pub(crate) mod restart;
pub(crate) mod scenario;
pub(crate) mod slow_disk;
pub(crate) mod sustained;
pub(crate) mod thousand;

use anyhow::Result;

use crate::bench::Bench;
use crate::report::Row;
use scenario::Scenario;

/// Whether the brokers run while a row is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// All sides run and are warm.
    Sides,
    /// Nothing runs; the row starts what it needs itself.
    Alone,
}

type Measure = Box<dyn Fn(&Bench<'_>) -> Result<Row>>;

/// A row that can be measured.
pub(crate) struct Entry {
    pub name: &'static str,
    /// Also without `--suite`.
    pub short: bool,
    pub needs: Needs,
    pub run: Measure,
}

/// Every row.
pub(crate) fn all() -> Vec<Entry> {
    let mut all: Vec<Entry> = scenario::SCENARIOS.iter().map(|row| produced(row, true)).collect();
    all.push(produced(&scenario::THOUSAND_CONNECTIONS, false));
    all.push(beside(thousand::NAME, false, thousand::measure));
    all.push(beside(kinds::NAME, false, kinds::measure));
    for scenario in [&sustained::LARGE, &sustained::SMALL] {
        let run = Box::new(|bench: &Bench<'_>| sustained::measure(scenario, bench));
        all.push(Entry { name: scenario.name, short: false, needs: Needs::Sides, run });
    }
    for rate in &rates::RATES {
        let run = Box::new(|bench: &Bench<'_>| rates::measure(rate, bench));
        all.push(Entry { name: rate.name, short: false, needs: Needs::Sides, run });
    }
    all.push(beside(first_append::NAME, true, first_append::measure));
    all.push(beside(fetch::NAME, true, fetch::measure));
    all.push(alone(restart::SOME, true, restart::measure_some));
    all.push(alone(restart::MUCH, false, restart::measure_much));
    all.push(alone(idle::NAME, false, idle::measure));
    all.extend(flow_and_growth());
    all
}

/// Rows of the whole suite alone: flow, catch-up, real clients, a slow disk and growth.
fn flow_and_growth() -> [Entry; 11] {
    [
        beside(end_to_end::NAME, false, end_to_end::measure),
        beside(fan_out::NAME, false, fan_out::measure),
        beside(catch_up::ONE, false, catch_up::one),
        beside(catch_up::EIGHT, false, catch_up::eight),
        beside(real_clients::LIBRDKAFKA, false, real_clients::librdkafka),
        beside(real_clients::JAVA, false, real_clients::java),
        beside(real_clients::PAIRS, false, real_clients::pairs),
        alone(slow_disk::NAME, false, slow_disk::measure),
        alone(growth::partitions::NAME, false, growth::partitions::measure),
        alone(growth::connections::NAME, false, growth::connections::measure),
        alone(growth::sealed::NAME, false, growth::sealed::measure),
    ]
}

fn produced(scenario: &'static Scenario, short: bool) -> Entry {
    let run = Box::new(|bench: &Bench<'_>| produce::measure(scenario, bench));
    Entry { name: scenario.name, short, needs: Needs::Sides, run }
}

fn beside(name: &'static str, short: bool, run: fn(&Bench<'_>) -> Result<Row>) -> Entry {
    Entry { name, short, needs: Needs::Sides, run: Box::new(run) }
}

fn alone(name: &'static str, short: bool, run: fn(&Bench<'_>) -> Result<Row>) -> Entry {
    Entry { name, short, needs: Needs::Alone, run: Box::new(run) }
}

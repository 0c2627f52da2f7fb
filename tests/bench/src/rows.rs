//! The rows, in the order of the report.

pub(crate) mod fetch;
pub(crate) mod first_append;
pub(crate) mod idle;
pub(crate) mod kinds;
pub(crate) mod produce;
pub(crate) mod rates;
pub(crate) mod restart;
pub(crate) mod scenario;
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

/// In which runs a row is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Only without `--suite`.
    Short,
    /// Only with it.
    Suite,
    Both,
}

type Measure = Box<dyn Fn(&Bench<'_>) -> Result<Row>>;

/// A row that can be measured.
pub(crate) struct Entry {
    pub name: &'static str,
    pub lane: Lane,
    pub needs: Needs,
    pub run: Measure,
}

impl Entry {
    /// A row beside running brokers.
    fn beside(name: &'static str, lane: Lane, run: fn(&Bench<'_>) -> Result<Row>) -> Self {
        Self { name, lane, needs: Needs::Sides, run: Box::new(run) }
    }

    /// A row that starts its own.
    fn alone(name: &'static str, lane: Lane, run: fn(&Bench<'_>) -> Result<Row>) -> Self {
        Self { name, lane, needs: Needs::Alone, run: Box::new(run) }
    }

    fn produce(scenario: &'static Scenario, lane: Lane) -> Self {
        let run = Box::new(|bench: &Bench<'_>| produce::measure(scenario, bench));
        Self { name: scenario.name, lane, needs: Needs::Sides, run }
    }

    fn sustained(scenario: &'static Scenario) -> Self {
        let run = Box::new(|bench: &Bench<'_>| sustained::measure(scenario, bench));
        Self { name: scenario.name, lane: Lane::Suite, needs: Needs::Sides, run }
    }
}

/// Every row.
pub(crate) fn all() -> Vec<Entry> {
    let mut all: Vec<Entry> =
        scenario::SCENARIOS.iter().map(|row| Entry::produce(row, Lane::Both)).collect();
    all.push(Entry::produce(&scenario::THOUSAND_CONNECTIONS, Lane::Suite));
    all.push(Entry::beside(thousand::NAME, Lane::Suite, thousand::measure));
    all.push(Entry::beside(kinds::NAME, Lane::Suite, kinds::measure));
    all.extend([&sustained::LARGE, &sustained::SMALL].map(Entry::sustained));
    all.extend(rates::RATES.iter().map(|rate| Entry {
        name: rate.name,
        lane: Lane::Suite,
        needs: Needs::Sides,
        run: Box::new(|bench| rates::measure(rate, bench)),
    }));
    all.push(Entry::beside(first_append::NAME, Lane::Both, first_append::measure));
    all.push(Entry::beside(fetch::NAME, Lane::Both, fetch::measure));
    all.push(Entry::alone(restart::SHORT, Lane::Short, restart::measure_short));
    all.push(Entry::alone(restart::LONG, Lane::Suite, restart::measure_long));
    all.push(Entry::alone(idle::NAME, Lane::Suite, idle::measure));
    all
}

//! The rows, in the order of the report.

pub(crate) mod fetch;
pub(crate) mod first_append;
pub(crate) mod produce;
pub(crate) mod restart;
pub(crate) mod scenario;

use anyhow::Result;

use crate::bench::Bench;
use crate::report::Row;

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
    let produce = scenario::SCENARIOS.iter().map(|scenario| Entry {
        name: scenario.name,
        short: true,
        needs: Needs::Sides,
        run: Box::new(|bench| produce::measure(scenario, bench)),
    });
    let short = |name, needs, run: fn(&Bench<'_>) -> Result<Row>| Entry {
        name,
        short: true,
        needs,
        run: Box::new(run),
    };
    let others = [
        short(first_append::NAME, Needs::Sides, first_append::measure),
        short(fetch::NAME, Needs::Sides, fetch::measure),
        short(restart::NAME, Needs::Alone, restart::measure),
    ];
    produce.chain(others).collect()
}

//! The run: which rows, which servers, and what all rows get to know.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use protocol_types::Timestamp;

use crate::Options;
use crate::probe::Probe;
use crate::report::{Report, Row};
use crate::rows::{self, Entry, Needs};
use crate::side::{Server, Side};

/// What a row gets.
#[derive(Debug)]
pub(crate) struct Bench<'a> {
    pub options: &'a Options,
    /// Scratch space; removed at the end of the run.
    pub dir: &'a Path,
    /// The running brokers, each warm; none for rows with [`Needs::Alone`].
    pub sides: Vec<Side>,
    /// The disk at the start of the run.
    pub probe: Probe,
    /// Rows that are done, for targets that compare with them.
    pub rows: Vec<Row>,
}

/// Measures the selected rows and reports them.
pub(crate) fn run(options: &Options) -> Result<()> {
    let selected: Vec<Entry> = rows::all()
        .into_iter()
        .filter(|entry| (options.suite || entry.short) && entry.name.contains(&options.only))
        .collect();
    if options.list {
        for entry in &selected {
            println!("{}", entry.name);
        }
        return Ok(());
    }
    ensure!(!selected.is_empty(), "no row has {:?} in its name; --list shows all", options.only);
    let scratch = match &options.data {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let dir = scratch.path();
    let load = load_average()?;
    let probe = Probe::take(dir)?;
    println!("disk: {}", probe.describe());
    let mut bench = Bench { options, dir, sides: Vec::new(), probe, rows: Vec::new() };
    if selected.iter().any(|entry| entry.needs == Needs::Sides) {
        bench.sides = start(options, dir)?;
    }
    // Rows beside running brokers come first, whatever their place in the list.
    for needs in [Needs::Sides, Needs::Alone] {
        for entry in selected.iter().filter(|entry| entry.needs == needs) {
            let row = (entry.run)(&bench)?;
            bench.rows.push(row);
        }
        bench.sides.clear();
    }
    let head = head(options, &load, &probe, &Probe::take(dir)?);
    Report { head, rows: bench.rows }.finish(options.report.as_deref())
}

fn start(options: &Options, dir: &Path) -> Result<Vec<Side>> {
    let (ours, _) = Server::ringtide(&options.ringtide, &dir.join("ringtide"))?;
    let mut sides = vec![Side { name: "ringtide", server: ours, is_kafka: false }];
    if let Some(libs) = &options.kafka_libs {
        let server = Server::kafka(libs, dir)?;
        sides.push(Side { name: "kafka", server, is_kafka: true });
    }
    if let (Some(peer), Some(pid)) = (options.peer, options.peer_pid) {
        sides.push(Side { name: "peer", server: Server::existing(peer, pid), is_kafka: true });
    }
    for side in &sides {
        rows::produce::warm(side)?;
    }
    Ok(sides)
}

fn head(options: &Options, load: &str, before: &Probe, after: &Probe) -> String {
    let Options { commit, machine, date, repeats, seconds, .. } = options;
    format!(
        "## {date}, commit {commit}\n\n{machine}; load average at the start {load}; \
         {repeats} repeats of {seconds} s each, sides interleaved, medians (lowest–highest).\n\n\
         The disk itself, at the start: {}; at the end: {}.\n",
        before.describe(),
        after.describe()
    )
}

/// The time for batches.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn load_average() -> Result<String> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().unwrap_or_default().to_owned())
}

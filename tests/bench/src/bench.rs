//! The run: which rows, which servers, and what all rows get to know.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use protocol_types::Timestamp;

use crate::Options;
use crate::meter::quiet::{Quiet, load_average};
use crate::meter::trace;
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
    /// Whether system calls can be counted.
    pub tracing: bool,
    /// Rows that are done, for targets that compare with them.
    pub rows: Vec<Row>,
}

impl Bench<'_> {
    /// Whether system calls are counted after the window of this repeat: once a row is enough.
    pub(crate) const fn traced(&self, repeat: usize) -> bool {
        self.tracing && repeat + 1 == self.options.repeats
    }
}

/// Measures the selected rows and reports them.
pub(crate) fn run(options: &Options) -> Result<()> {
    let selected: Vec<Entry> = rows::all()
        .into_iter()
        .filter(|entry| options.suite || entry.short)
        .filter(|entry| entry.name.contains(&options.only))
        .collect();
    if options.list {
        for entry in &selected {
            println!("{}", entry.name);
        }
        return Ok(());
    }
    ensure!(!selected.is_empty(), "no row has {:?} in its name; --list shows all", options.only);
    // A thousand connections, and files for all of them.
    let _ = broker_env::limits::raise_file_limit();
    let scratch = match &options.data {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let dir = scratch.path();
    let quiet = Quiet::check(options.busy_ok)?;
    let tracing = trace::available();
    let probe = Probe::take(dir)?;
    println!("disk: {}", probe.describe());
    let mut bench = Bench {
        options,
        dir,
        sides: Vec::new(),
        probe,
        tracing: tracing.is_ok(),
        rows: Vec::new(),
    };
    measure_all(&selected, &mut bench)?;
    let conditions = Conditions { quiet, probe, after: Probe::take(dir)?, tracing };
    let failed = bench.rows.iter().filter(|row| row.failed).count();
    let report = Report { head: conditions.head(options), rows: bench.rows };
    report.finish(options.report.as_deref())?;
    ensure!(failed == 0, "{failed} rows could not be measured; the report says why");
    Ok(())
}

/// Rows beside running brokers come first, whatever their place in the list.
fn measure_all(selected: &[Entry], bench: &mut Bench<'_>) -> Result<()> {
    if selected.iter().any(|entry| entry.needs == Needs::Sides) {
        bench.sides = start(bench.options, bench.dir)?;
    }
    for needs in [Needs::Sides, Needs::Alone] {
        for entry in selected.iter().filter(|entry| entry.needs == needs) {
            let load = load_average()?;
            // An hour's figures are not lost for one row.
            let mut row = (entry.run)(bench).unwrap_or_else(|error| {
                eprintln!("{}: {error:#}", entry.name);
                Row::failed(entry.name, &error)
            });
            row.note(format!("Load average before the row: {load:.2}."));
            bench.rows.push(row);
        }
        for side in bench.sides.drain(..) {
            side.server.discard()?;
        }
    }
    Ok(())
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

/// Under which the run was made.
struct Conditions {
    quiet: Quiet,
    probe: Probe,
    after: Probe,
    tracing: Result<(), String>,
}

impl Conditions {
    fn head(&self, options: &Options) -> String {
        let Options { commit, machine, date, repeats, seconds, .. } = options;
        let mut head = format!(
            "## {date}, commit {commit}\n\n{machine}; {}; {repeats} repeats of {seconds} s each, \
             sides interleaved, medians (lowest–highest).\n\n\
             The disk itself, at the start: {}; at the end: {}.\n",
            self.quiet.describe(),
            self.probe.describe(),
            self.after.describe()
        );
        if let Err(why) = &self.tracing {
            head.push_str(&format!("\n{why}.\n"));
        }
        head
    }
}

/// The time for batches.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

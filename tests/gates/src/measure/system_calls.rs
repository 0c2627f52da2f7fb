//! System calls of a broker: the real program under strace, one connection.
//!
//! A load is run for a number of writes and for twice as many; the difference is what the writes cost. Where
//! one run ends and the next begins the trace shows a connection that asks for next to nothing. Waking and
//! waiting for threads is left out: how often that takes a call is the scheduler's doing. So are the ring
//! writer's calls under `async`, where it writes by time.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use protocol_wire::messages::ApiVersionsRequest;
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;

use crate::budget::{Cell, Costs, Kind};
use crate::input::{self, Size, TOPIC};

/// Writes of the shorter run of a pair.
const WRITES: u32 = 200;
/// Of so many pairs the cheapest counts: a thread that was late once makes a call more.
const PAIRS: u32 = 3;

/// What the acceptor does once for each connection and nobody does for a request.
const MARK: &str = "SO_KEEPALIVE";

/// Calls that wait for or wake a thread.
const SCHEDULING: [&str; 2] = ["futex", "sched_yield"];

/// How a batch is sent or asked for, and whose calls count.
struct Load {
    name: &'static str,
    sizes: &'static [Size],
    flush: &'static str,
    /// Requests of one write.
    depth: u32,
    fetches: bool,
    /// How the names of the threads begin.
    threads: &'static str,
}

const ONE: Load = Load {
    name: "",
    sizes: &Size::ALL,
    flush: "async",
    depth: 1,
    fetches: false,
    threads: "shard-",
};

const LOADS: [Load; 5] = [
    Load { name: "produce, async", ..ONE },
    // Sixteen large ones are more than a socket takes at once: how they arrive is chance.
    Load { name: "produce, async, 16 in one write", sizes: &[Size::Small], depth: 16, ..ONE },
    Load { name: "produce, fsync", flush: "fsync", ..ONE },
    Load {
        name: "produce, fsync, the ring's writer",
        flush: "fsync",
        threads: "wal-writer",
        ..ONE
    },
    Load { name: "fetch", fetches: true, ..ONE },
];

/// The loads' names, in the order of the page.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    LOADS.iter().map(|load| load.name)
}

/// System calls a batch, of all loads whose name contains `only`.
pub(crate) fn measure(only: &str) -> Result<Costs> {
    let mut costs = Costs::new();
    for load in LOADS.iter().filter(|load| load.name.contains(only)) {
        for &size in load.sizes {
            let cost = measure_load(load, size)
                .with_context(|| format!("{} of {}", load.name, size.name()))?;
            let piece = load.name.to_owned();
            costs.insert(Cell { kind: Kind::SystemCalls, piece, size }, cost);
        }
    }
    Ok(costs)
}

fn measure_load(load: &Load, size: Size) -> Result<f64> {
    let home = tempfile::tempdir()?;
    let trace = home.path().join("trace");
    run(load, size, &trace)?;
    let runs = calls(&fs::read_to_string(&trace).context("read the trace")?, load.threads);
    let [_before, runs @ .., _after] = runs.as_slice() else {
        anyhow::bail!("no marks in the trace");
    };
    ensure!(runs.len() == 2 * usize::try_from(PAIRS)?, "{} runs in the trace", runs.len());
    let pairs = runs.as_chunks::<2>().0.iter();
    let more = pairs.map(|[once, twice]| twice.saturating_sub(*once)).min().unwrap_or(0);
    Ok(f64::from(more) / f64::from(WRITES * load.depth))
}

/// Runs the load, with a mark before and after each run.
fn run(load: &Load, size: Size, trace: &Path) -> Result<()> {
    let trace = trace.to_str().context("a path that is no text")?;
    let launch = Launch::new()?.set("ring.size", 256 << 20);
    // The tracer is the broker's grandchild, so that the process we know is the broker.
    let launch = launch.through(&["strace", "-D", "-f", "-Y", "-q", "-s0", "-o", trace]);
    let broker = launch.start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.create_topic(TOPIC, 1, &[("flush.policy", load.flush)])?;
    let produce = input::produce(Some(size))?;
    exchange(&mut client, &produce, 1)?;
    let request = if load.fetches { input::fetch(size)? } else { produce };
    let write = request.repeat(usize::try_from(load.depth)?);
    for _ in 0..WRITES {
        exchange(&mut client, &write, load.depth)?;
    }
    let mut marks = Vec::new();
    for _ in 0..PAIRS {
        for writes in [WRITES, 2 * WRITES] {
            marks.push(mark(&broker)?);
            for _ in 0..writes {
                exchange(&mut client, &write, load.depth)?;
            }
        }
    }
    marks.push(mark(&broker)?);
    let status = broker.terminate()?;
    ensure!(status.success(), "the broker ended with {status}");
    Ok(())
}

fn exchange(client: &mut Client, write: &[u8], answers: u32) -> Result<()> {
    client.send_bytes(write)?;
    for _ in 0..answers {
        client.receive_frame()?.context("the broker closed the connection")?;
    }
    Ok(())
}

/// A connection that the broker has taken in; it stays open, since closing it costs calls too.
fn mark(broker: &Broker) -> Result<Client> {
    let mut client = Client::connect(broker.kafka())?;
    client.call(0, &ApiVersionsRequest::default())?;
    Ok(client)
}

/// Calls of the threads between one mark and the next, and before the first and after the last.
fn calls(trace: &str, threads: &str) -> Vec<u32> {
    let mut runs = vec![0];
    for line in trace.lines() {
        if line.contains(MARK) {
            runs.push(0);
        }
        if let Some(run) = runs.last_mut()
            && is_call(line, threads)
        {
            *run += 1;
        }
    }
    // The first mark is the connection that carries the load.
    if runs.len() > 1 {
        runs.remove(0);
    }
    runs
}

/// Whether a line, `123<shard-0> recvfrom(…`, begins a call that counts. The rest of a call that took
/// longer has a line of its own, which begins with `<…`.
fn is_call(line: &str, threads: &str) -> bool {
    let Some((thread, call)) = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'))
    else {
        return false;
    };
    let Some((name, _)) = call.trim_start().split_once('(') else { return false };
    thread.starts_with(threads)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !SCHEDULING.contains(&name)
}

#[cfg(test)]
mod tests;

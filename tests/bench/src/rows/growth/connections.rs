//! Connections that are silent, and what they cost those that are not.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context as _, Result};
use protocol_wire::messages::api_versions_request::ApiVersionsRequest;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{Point, cost, resident_each};
use crate::admin::Admin;
use crate::bench::Bench;
use crate::extent::CONNECTIONS_POW;
use crate::growth::{Drawn, judge};
use crate::hot::Hot;
use crate::meter::memory::Memory;
use crate::report::{Comparison, Figure, Row};
use crate::rows::produce::warm;
use crate::side::{Server, Side};

pub(crate) const NAME: &str = "growth: idle connections 1 to 10,000";

/// Descriptors that this process needs beside the idle connections.
const OTHERS: u64 = 256;

pub(crate) fn measure(bench: &Bench<'_>) -> Result<Row> {
    let mut row = Row::new(NAME);
    let seconds = bench.options.seconds;
    raise_limit()?;
    let ours = {
        let (server, _) = Server::ringtide(&bench.options.ringtide, &bench.dir.join("idle"))?;
        let side = Side { name: "ringtide", server, is_kafka: false };
        grow(&mut row, &side, CONNECTIONS_POW, seconds)?
    };
    let kafka = match &bench.options.kafka_libs {
        Some(libs) => kafka(&mut row, libs, bench.dir, seconds)?,
        None => Vec::new(),
    };
    let each = resident_each(&ours);
    row.judge("bytes of RSS an idle connection ≤ 12288", each, 12_288.0, Comparison::AtMost);
    judge(&mut row, "CPU a request on 64 active connections", &cost(&ours));
    row.note(
        "Idle connections asked for ApiVersions once, then nothing; 64 more have one request of 1 KB in flight \
         each, without fsync. RSS is the process's own: the kernel's socket memory is not in it. A Java heap \
         grows with time as well, so Kafka's RSS is no figure of a connection.",
    );
    Drawn {
        file: "connections-cpu",
        title: "CPU of a produce request beside idle connections",
        x_label: "idle connections",
        y_label: "µs",
    }
    .draw(bench, &mut row, &[("ringtide", &cost(&ours)), ("kafka", &cost(&kafka))])?;
    Ok(row)
}

/// As many open files as this process may have.
fn raise_limit() -> Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current < maximum {
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    }
    Ok(())
}

fn kafka(row: &mut Row, libs: &Path, dir: &Path, seconds: f64) -> Result<Vec<Point>> {
    let dir = dir.join("idle-kafka");
    std::fs::create_dir_all(&dir)?;
    let server = Server::kafka(libs, &dir)?;
    let side = Side { name: "kafka", server, is_kafka: true };
    grow(row, &side, CONNECTIONS_POW, seconds)
}

fn grow(
    row: &mut Row,
    side: &Side,
    powers: RangeInclusive<u32>,
    seconds: f64,
) -> Result<Vec<Point>> {
    let Side { name, server, .. } = side;
    // Without it the ring's memory, touched for the first time, would count as growth.
    warm(side)?;
    let mut hot = Hot::create(side)?;
    let (mut idle, mut points) = (Vec::new(), Vec::new());
    for power in powers {
        let count = 10_usize.pow(power);
        let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        if count as u64 + OTHERS > allowed {
            row.note(format!(
                "{name}: {count} connections are more than the {allowed} open files allowed"
            ));
            break;
        }
        while idle.len() < count {
            idle.push(connect(server.address)?);
        }
        let cpu_us = hot.cpu_us(seconds)?;
        let resident = Memory::of(server.pid)?.resident as f64;
        let figure = Figure { cpu_us: Some(cpu_us), ..Figure::default() };
        row.add(&format!("{name}, {count}"), figure.with("RSS, MB", resident / 1e6));
        points.push(Point { count: count as f64, resident, cpu_us });
    }
    Ok(points)
}

/// A connection that has been used once.
fn connect(address: SocketAddr) -> Result<Admin> {
    let mut connection = Admin::connect(address)?;
    connection.call(0, &ApiVersionsRequest::default()).context("use a connection")?;
    Ok(connection)
}

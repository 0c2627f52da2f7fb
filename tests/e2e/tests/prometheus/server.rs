//! The Prometheus server as a child process, and what it answers.

use std::env;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use broker_env::{Clock, OsClock};
use serde_json::Value;
use tempfile::TempDir;

/// How long an expression may take to return data.
const LIMIT_NANOS: u64 = 60_000_000_000;
const LOOK: Duration = Duration::from_millis(100);

pub(super) struct Prometheus {
    process: Child,
    address: SocketAddr,
    _home: TempDir,
}

/// A program of the Prometheus package.
pub(super) fn program(name: &str) -> PathBuf {
    let pins: Value =
        serde_json::from_str(include_str!("../../clients/pins.json")).unwrap_or_default();
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache/ringtide");
    let cache = env::var_os("XTASK_CACHE").map_or_else(home, PathBuf::from);
    let version = pins.get("prometheus").and_then(Value::as_str).unwrap_or("unpinned");
    cache.join(format!("prometheus-{version}")).join("usr/bin").join(name)
}

impl Prometheus {
    /// Starts a server that scrapes `target` every second, with our alert rules.
    pub(super) fn start(target: SocketAddr) -> Result<Self> {
        let home = TempDir::with_prefix("ringtide-prometheus-")?;
        let rules =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docker/prometheus/alerts.yml");
        let config = home.path().join("prometheus.yml");
        fs::write(
            &config,
            format!(
                "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
                 rule_files: ['{}']\n\
                 scrape_configs:\n- job_name: ringtide\n  static_configs: [{{targets: ['{target}']}}]\n",
                rules.canonicalize()?.display()
            ),
        )?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let process = Command::new(program("prometheus"))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", home.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(OpenOptions::new().create(true).append(true).open(home.path().join("log"))?)
            .spawn()
            .context("prometheus is missing: run `cargo xtask install`")?;
        let started = Self { process, address, _home: home };
        started.wait_for("vector(1)", |_| true, || Ok(()))?;
        Ok(started)
    }

    /// Asks again until every series of the answer satisfies `is_right`, with `meanwhile` between;
    /// an answer without series never does.
    pub(super) fn wait_for(
        &self,
        query: &str,
        is_right: impl Fn(f64) -> bool,
        mut meanwhile: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let end = OsClock.now().0 + LIMIT_NANOS;
        loop {
            // Not listening yet is no answer either.
            let values = self.query(query).unwrap_or_default();
            if !values.is_empty() && values.iter().copied().all(&is_right) {
                return Ok(());
            }
            if OsClock.now().0 > end {
                bail!("{query}: {values:?}");
            }
            meanwhile()?;
            OsClock.sleep(LOOK);
        }
    }

    fn query(&self, query: &str) -> Result<Vec<f64>> {
        let mut path = "/api/v1/query?query=".to_owned();
        for byte in query.bytes() {
            write!(path, "%{byte:02x}")?;
        }
        let (_, body) = get(self.address, &path)?;
        let answer: Value = serde_json::from_str(&body)?;
        ensure!(answer.pointer("/status") == Some(&"success".into()), "{query}: {body}");
        let series = answer.pointer("/data/result").and_then(Value::as_array);
        let series = series.context("no result")?;
        series
            .iter()
            .map(|series| {
                let value =
                    series.pointer("/value/1").and_then(Value::as_str).context("no value")?;
                Ok(value.parse()?)
            })
            .collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Head and body of an answer.
pub(super) fn get(address: SocketAddr, path: &str) -> Result<(String, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no body")?;
    Ok((head.to_owned(), body.to_owned()))
}

//! A worker of Kafka Connect as a process: started, given connectors over REST, stopped.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use broker_env::{Clock, OsClock};
use serde_json::Value;
use tests_e2e::broker::free_port;
use tests_e2e::installed;

use super::http;

/// A worker serves, and ends, within this time.
const PATIENCE: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(100);
/// Lines of its log that a failure shows.
const SHOWN: usize = 60;

pub(crate) struct Worker {
    process: Child,
    rest: SocketAddr,
    log: PathBuf,
}

/// How a worker finds its connectors.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Discovery {
    /// By the services that their jars declare: quick.
    Services,
    /// By looking into every class, for connectors from before that.
    Scan,
}

impl Worker {
    /// Starts a worker with the connectors in `plugins`; returns when its REST interface answers.
    pub(crate) fn start(
        folder: &Path,
        broker: SocketAddr,
        plugins: &[PathBuf],
        discovery: Discovery,
    ) -> Result<Self> {
        let rest = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let properties = folder.join("worker.properties");
        fs::write(&properties, settings(broker, rest, plugins, discovery))?;
        let log = folder.join("worker.log");
        let stderr = OpenOptions::new().create(true).append(true).open(&log)?;
        let mut java = Command::new("java");
        java.args(["-Xmx384M", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"]);
        java.arg(format!(
            "{}/*:{}/*",
            installed::place("kafka").join("libs").display(),
            installed::place("slf4j-simple").join("libs").display(),
        ));
        java.arg("org.apache.kafka.connect.cli.ConnectDistributed").arg(&properties);
        java.stdin(Stdio::null()).stdout(stderr.try_clone()?).stderr(stderr);
        let process = java.spawn().context("cannot start java: run `cargo xtask install`")?;
        let mut worker = Self { process, rest, log };
        worker.wait_ready()?;
        Ok(worker)
    }

    /// Creates a connector, or gives it another configuration.
    pub(crate) fn configure(&self, name: &str, config: &Value) -> Result<()> {
        let path = format!("/connectors/{name}/config");
        let (status, body) = http::ask(self.rest, "PUT", &path, &config.to_string())?;
        ensure!(matches!(status, 200 | 201), "{name}: {status} {body}");
        Ok(())
    }

    /// SIGTERM: it commits what it has done.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = self.process.id().to_string();
        ensure!(
            Command::new("kill").args(["-TERM", &pid]).status()?.success(),
            "cannot stop {pid}"
        );
        let end = deadline()?;
        while self.process.try_wait()?.is_none() {
            ensure!(OsClock.now().0 < end, "the worker does not end: {}", self.log());
            OsClock.sleep(LOOK);
        }
        Ok(())
    }

    /// The end of what it said.
    pub(crate) fn log(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(SHOWN)..).unwrap_or_default().join("\n")
    }

    fn wait_ready(&mut self) -> Result<()> {
        let end = deadline()?;
        loop {
            // It listens before it has read its topics, and answers 404 or 503 until then.
            if http::ask(self.rest, "GET", "/connectors", "").is_ok_and(|(status, _)| status == 200)
            {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("the worker ended at start: {status}\n{}", self.log());
            }
            ensure!(OsClock.now().0 < end, "the worker is not ready in time\n{}", self.log());
            OsClock.sleep(LOOK);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn deadline() -> Result<u64> {
    Ok(OsClock.now().0 + u64::try_from(PATIENCE.as_nanos())?)
}

/// Strings in, strings out; the producer is idempotent, so that a retry doubles nothing.
fn settings(
    broker: SocketAddr,
    rest: SocketAddr,
    plugins: &[PathBuf],
    discovery: Discovery,
) -> String {
    let discovery = match discovery {
        Discovery::Services => "service_load",
        Discovery::Scan => "hybrid_warn",
    };
    let mut text = format!(
        "bootstrap.servers={broker}\ngroup.id=connect\nlisteners=http://{rest}\n\
         key.converter=org.apache.kafka.connect.storage.StringConverter\n\
         value.converter=org.apache.kafka.connect.storage.StringConverter\n\
         config.storage.topic=connect-configs\nconfig.storage.replication.factor=1\n\
         offset.storage.topic=connect-offsets\noffset.storage.replication.factor=1\n\
         offset.storage.partitions=5\n\
         status.storage.topic=connect-status\nstatus.storage.replication.factor=1\n\
         offset.flush.interval.ms=1000\nproducer.enable.idempotence=true\n\
         plugin.discovery={discovery}\n"
    );
    let paths: Vec<_> = plugins.iter().map(|path| path.to_string_lossy()).collect();
    let _ = writeln!(text, "plugin.path={}", paths.join(","));
    text
}

//! Apache Kafka itself as a process, one node with its default configuration: what the long forms of
//! the tests compare a broker of ours with.
//!
//! Its data directory and its process end with its [`Peer`]. The jars are those that the installer puts in its
//! cache for the benchmark.

use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use broker_env::{Clock, OsClock};
use tempfile::TempDir;

use crate::broker::free_port;

/// A start takes no longer, even on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(50);
const CLUSTER: &str = "MkU3OEVBNTcwNTJENDM2Qg";

/// A Kafka that serves.
#[derive(Debug)]
pub struct Peer {
    process: Child,
    kafka: u16,
    // Dropped after the process has ended.
    _home: TempDir,
}

impl Peer {
    /// Formats an empty data directory and starts the broker from the jars in `libs`.
    pub fn start(libs: &Path) -> Result<Self> {
        let home = TempDir::with_prefix("kafka-peer-")?;
        let (broker, controller) = (free_port()?, free_port()?);
        let properties = home.path().join("server.properties");
        fs::write(&properties, settings(broker, controller, &home.path().join("kafka-data")))?;
        let java = || {
            let mut command = Command::new("java");
            command.args(["-Xmx1G", "-XX:+UseSerialGC", "-cp"]).arg(libs.join("*"));
            command.stdin(Stdio::null());
            command
        };
        let log = home.path().join("kafka.log");
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let formatted = java()
            .args(["kafka.tools.StorageTool", "format", "--standalone", "-t", CLUSTER, "-c"])
            .arg(&properties)
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            .status()
            .context("cannot start java")?;
        ensure!(formatted.success(), "cannot format the storage of Kafka: {formatted}");
        let mut java = java();
        java.arg("kafka.Kafka").arg(&properties).stdout(log.try_clone()?).stderr(log);
        let process = java.spawn().context("cannot start java")?;
        let mut peer = Self { process, kafka: broker, _home: home };
        peer.wait_ready()?;
        Ok(peer)
    }

    #[must_use]
    pub fn kafka(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.kafka).into()
    }

    fn wait_ready(&mut self) -> Result<()> {
        let end = OsClock.now().0 + u64::try_from(START_LIMIT.as_nanos())?;
        while TcpStream::connect(self.kafka()).is_err() {
            if let Some(status) = self.process.try_wait()? {
                bail!("Kafka ended at start: {status}");
            }
            ensure!(OsClock.now().0 < end, "Kafka is not ready in time");
            OsClock.sleep(LOOK);
        }
        Ok(())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a single node must set, and nothing else.
fn settings(broker: u16, controller: u16, data: &Path) -> String {
    format!(
        "process.roles=broker,controller\nnode.id=1\n\
         listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{broker}\n\
         controller.listener.names=CONTROLLER\n\
         controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n\
         offsets.topic.replication.factor=1\nshare.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\n\
         transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
         log.dirs={}\n",
        data.display()
    )
}

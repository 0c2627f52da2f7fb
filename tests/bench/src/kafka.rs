//! Starts Apache Kafka with its default configuration as one node.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// Its data's folder within the folder it is started in.
pub(crate) const DATA: &str = "kafka-data";

/// Formats its storage and starts it; returns when its port may open any time.
pub(crate) fn start(libs: &Path, dir: &Path) -> Result<(Child, SocketAddr)> {
    let (broker, controller) = (free_port()?, free_port()?);
    let properties = dir.join("server.properties");
    let data = dir.join(DATA);
    std::fs::write(
        &properties,
        format!(
            "process.roles=broker,controller\nnode.id=1\n\
             listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{broker}\n\
             controller.listener.names=CONTROLLER\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n\
             offsets.topic.replication.factor=1\nlog.dirs={}\n",
            data.display()
        ),
    )?;
    let classes = format!("{}/*", libs.display());
    let java = || {
        let mut command = Command::new("java");
        command.args(["-Xmx1G", "-Xms1G", "-cp", &classes]);
        command
    };
    let log = std::fs::File::create(dir.join("kafka.log"))?;
    let formatted = java()
        .args(["kafka.tools.StorageTool", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qg"])
        .arg("-c")
        .arg(&properties)
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log.try_clone()?))
        .status()
        .context("run java")?;
    ensure!(formatted.success(), "format Kafka's storage; see {}", dir.display());
    let child = java()
        .arg("kafka.Kafka")
        .arg(&properties)
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log))
        .spawn()
        .context("start Kafka")?;
    Ok((child, SocketAddr::from(([127, 0, 0, 1], broker))))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

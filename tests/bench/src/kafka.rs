//! Apache Kafka with its default configuration as one node.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// One formatted storage, which can be served again and again.
#[derive(Debug)]
pub(crate) struct Kafka {
    libs: PathBuf,
    dir: PathBuf,
    address: SocketAddr,
}

impl Kafka {
    /// Formats storage in `dir`, with the jars of `libs`.
    pub(crate) fn prepare(libs: &Path, dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let (broker, controller) = (free_port()?, free_port()?);
        let address = SocketAddr::from(([127, 0, 0, 1], broker));
        let kafka = Self { libs: libs.to_path_buf(), dir: dir.to_path_buf(), address };
        std::fs::write(
            kafka.properties(),
            format!(
                "process.roles=broker,controller\nnode.id=1\n\
                 listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}\n\
                 advertised.listeners=PLAINTEXT://127.0.0.1:{broker}\n\
                 controller.listener.names=CONTROLLER\n\
                 controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
                 listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n\
                 offsets.topic.replication.factor=1\nlog.dirs={}\n",
                kafka.data().display()
            ),
        )?;
        let mut format = kafka.java()?;
        format.args(["kafka.tools.StorageTool", "format", "--standalone"]);
        format.args(["-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c"]).arg(kafka.properties());
        let formatted = format.status().context("run java")?;
        ensure!(formatted.success(), "format Kafka's storage; see {}", dir.display());
        Ok(kafka)
    }

    /// Starts it; its port may open any time.
    pub(crate) fn start(&self) -> Result<(Child, SocketAddr)> {
        let mut serve = self.java()?;
        let child = serve.arg("kafka.Kafka").arg(self.properties()).spawn().context("run java")?;
        Ok((child, self.address))
    }

    /// Where it keeps its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.join("kafka-data")
    }

    fn properties(&self) -> PathBuf {
        self.dir.join("server.properties")
    }

    fn java(&self) -> Result<Command> {
        let path = self.dir.join("kafka.log");
        let log = std::fs::File::options().create(true).append(true).open(path)?;
        let classes = format!("{}/*", self.libs.display());
        let mut command = Command::new("java");
        command.args(["-Xmx1G", "-Xms1G", "-cp", &classes]);
        command.stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        Ok(command)
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

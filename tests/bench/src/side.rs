//! The servers that are compared, as processes.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::frames::Train;
use crate::kafka::Kafka;

/// A side of the comparison.
#[derive(Debug)]
pub(crate) struct Side {
    pub name: &'static str,
    pub server: Server,
    /// Takes Kafka's settings, not ours.
    pub is_kafka: bool,
}

/// A running server. Its process ends with it, unless it was there before.
#[derive(Debug)]
pub(crate) struct Server {
    pub address: SocketAddr,
    pub pid: u32,
    /// Where it keeps its data; empty for a broker somebody else runs.
    pub data: PathBuf,
    /// Where it answers `/metrics`: ours only.
    pub http: Option<SocketAddr>,
    child: Option<Child>,
}

impl Server {
    /// A broker of ours on `data`; the time is from the start of its process to READY.
    pub(crate) fn ringtide(program: &Path, data: &Path) -> Result<(Self, Duration)> {
        Self::ringtide_with(program, data, &[])
    }

    /// The same with settings, as names and values.
    pub(crate) fn ringtide_with(
        program: &Path,
        data: &Path,
        settings: &[(&str, &str)],
    ) -> Result<(Self, Duration)> {
        let ports = data.with_extension("ports");
        let _ = std::fs::remove_file(&ports);
        let log = std::fs::File::create(data.with_extension("log"))?;
        let began = Instant::now();
        let child = Command::new(program)
            .arg("server")
            .arg("--data")
            .arg(data)
            .args(["--kafka", "127.0.0.1:0", "--http", "127.0.0.1:0", "--ports-file"])
            .arg(&ports)
            .args(settings.iter().map(|(name, value)| format!("--set={name}={value}")))
            .stdout(Stdio::null())
            .stderr(Stdio::from(log))
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let pid = child.id();
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let data = data.to_path_buf();
        let mut server = Self { address: local, pid, data, http: None, child: Some(child) };
        let text = server.wait_file(&ports)?;
        let started = began.elapsed();
        let ports: serde_json::Value = serde_json::from_str(&text)?;
        let port = |name: &str| {
            let port = ports[name].as_u64().with_context(|| format!("no {name} port"))?;
            anyhow::Ok(SocketAddr::new(local.ip(), u16::try_from(port)?))
        };
        server.address = port("kafka")?;
        server.http = Some(port("http")?);
        Ok((server, started))
    }

    /// The limit for requests of `train`.
    pub(crate) fn limit(dir: &Path, train: &Train, fsync: bool) -> Result<Self> {
        let port_file = dir.join("limit.port");
        let _ = std::fs::remove_file(&port_file);
        // A ring of its own each time: it keeps nothing, so it could not be opened again.
        let data = dir.join("limit-data");
        let _ = std::fs::remove_dir_all(&data);
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("limit").arg("--data").arg(&data);
        command.arg("--port-file").arg(&port_file);
        command.args(["--batch-at", &train.batch_at.to_string()]);
        command.args(["--answer", &train.answer.to_string()]);
        if fsync {
            command.arg("--fsync");
        }
        let child = command.stdout(Stdio::null()).spawn().context("start the limit")?;
        let pid = child.id();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { address, pid, data, http: None, child: Some(child) };
        let port = server.wait_file(&port_file)?.trim().parse()?;
        server.address.set_port(port);
        Ok(server)
    }

    /// Kafka on new storage in `dir`, with the jars of `libs`.
    pub(crate) fn kafka(libs: &Path, dir: &Path) -> Result<Self> {
        Ok(Self::kafka_on(&Kafka::prepare(libs, dir)?)?.0)
    }

    /// Kafka on storage that is there; the time is from the start of its process to its open port.
    pub(crate) fn kafka_on(kafka: &Kafka) -> Result<(Self, Duration)> {
        let began = Instant::now();
        let (child, address) = kafka.start()?;
        let (pid, data) = (child.id(), kafka.data());
        let mut server = Self { address, pid, data, http: None, child: Some(child) };
        server.wait_for(|| TcpStream::connect(address).is_ok().then_some(()))?;
        Ok((server, began.elapsed()))
    }

    /// A broker somebody else runs.
    pub(crate) const fn existing(address: SocketAddr, pid: u32) -> Self {
        Self { address, pid, data: PathBuf::new(), http: None, child: None }
    }

    /// Bytes that its data takes on the disk, but for dead files whose space it will use again.
    pub(crate) fn data_bytes(&self) -> u64 {
        disk_usage(&self.data)
    }

    /// Ends the process as a power switch would.
    pub(crate) fn kill(mut self) -> Result<()> {
        if let Some(child) = &mut self.child {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Ends the process, if it is ours, and removes its data.
    pub(crate) fn discard(self) -> Result<()> {
        if self.child.is_none() {
            return Ok(());
        }
        let data = self.data.clone();
        self.kill()?;
        Ok(std::fs::remove_dir_all(data)?)
    }

    fn wait_file(&mut self, path: &PathBuf) -> Result<String> {
        self.wait_for(|| std::fs::read_to_string(path).ok())
    }

    fn wait_for<T>(&mut self, mut ready: impl FnMut() -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(found) = ready() {
                return Ok(found);
            }
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                bail!("the server ended while starting: {status}");
            }
            if Instant::now() > deadline {
                bail!("the server does not get ready");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Bytes of the blocks of everything in `dir`; what vanishes meanwhile counts nothing.
fn disk_usage(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().extension().is_none_or(|extension| extension != "spare"))
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .map(|(path, meta)| if meta.is_dir() { disk_usage(&path) } else { meta.blocks() * 512 })
        .sum()
}

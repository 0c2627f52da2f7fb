//! A `ringtide` process under a test's control: started, killed, restarted, looked at from outside.
//!
//! The process dies with its [`Broker`]. The environment of the test run does not reach it, so that
//! a variable meant for the tests is not taken for a setting.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use broker_env::{Clock, OsClock};
use tempfile::TempDir;

/// A start, recovery included, takes no longer, even of a debug build on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often a starting or ending process is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// How to start a broker. The data directory lives until the last clone is gone.
#[derive(Clone, Debug)]
pub struct Launch {
    home: std::sync::Arc<TempDir>,
    settings: BTreeMap<String, String>,
    args: Vec<String>,
    /// Where it listens for Kafka clients; port 0 is any free one.
    kafka: String,
    /// What starts the program instead of us.
    wrapper: Vec<String>,
}

impl Launch {
    /// A broker with an empty data directory and the smallest ring.
    pub fn new() -> Result<Self> {
        let home = TempDir::with_prefix("ringtide-e2e-").context("no directory for test data")?;
        let launch = Self {
            home: home.into(),
            settings: BTreeMap::new(),
            args: Vec::new(),
            kafka: "127.0.0.1:0".to_owned(),
            wrapper: Vec::new(),
        };
        Ok(launch.set("ring.size", 16 << 20).set("logging.format", "text"))
    }

    /// Sets a broker setting by its name.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Display + Copy) -> Self {
        let variable = format!("RINGTIDE_{}", name.replace('.', "__").to_uppercase());
        self.settings.insert(variable, value.to_string());
        self
    }

    /// Adds an argument to the command line.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Listens for Kafka clients on this port, so that they find the broker again after a restart.
    #[must_use]
    pub fn on_port(self, port: u16) -> Self {
        self.bind(format!("127.0.0.1:{port}"))
    }

    /// Listens for Kafka clients there, as `--kafka` takes it.
    #[must_use]
    pub fn bind(mut self, address: impl Into<String>) -> Self {
        self.kafka = address.into();
        self
    }

    /// Is started by this command, which gets the program and its arguments and becomes it.
    #[must_use]
    pub fn through(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(|&word| word.to_owned()).collect();
        self
    }

    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Starts the process and waits until it serves.
    pub fn start(&self) -> Result<Broker> {
        self.spawn()?.wait_ready()
    }

    /// Starts the process and does not wait.
    pub fn spawn(&self) -> Result<Starting> {
        let ports_file = self.home.path().join("ports.json");
        // A left-over file would name the ports of an earlier process.
        let _ = fs::remove_file(&ports_file);
        let log = self.log_file();
        let log_end = fs::metadata(&log).map_or(0, |meta| meta.len());
        let stderr = OpenOptions::new().create(true).append(true).open(&log)?;
        let mut command = match self.wrapper.split_first() {
            Some((program, words)) => {
                let mut command = Command::new(program);
                command.args(words).arg(binary()?);
                command
            }
            None => Command::new(binary()?),
        };
        command.args(["server", "--http", "127.0.0.1:0", "--kafka", &self.kafka]);
        command.arg("--data").arg(self.data_dir()).arg("--ports-file").arg(&ports_file);
        command.args(&self.args);
        for (variable, _) in env::vars_os() {
            if variable.to_string_lossy().starts_with("RINGTIDE_") {
                command.env_remove(variable);
            }
        }
        command.envs(&self.settings);
        let stdout = stderr.try_clone()?;
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        Ok(Starting { launch: self.clone(), process: Process(child), ports_file, log_end })
    }

    /// What all processes of this launch have written to stdout and stderr.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read(self.log_file())
            .map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn log_file(&self) -> PathBuf {
        self.home.path().join("broker.log")
    }

    fn log_from(&self, start: u64) -> String {
        let log = self.log();
        log.get(usize::try_from(start).unwrap_or(usize::MAX)..).unwrap_or(&log).to_owned()
    }
}

/// A process that may not serve yet.
#[derive(Debug)]
pub struct Starting {
    launch: Launch,
    process: Process,
    ports_file: PathBuf,
    /// Where this process's lines begin in the log.
    log_end: u64,
}

impl Starting {
    /// Waits until it serves; an error holds what it said instead.
    pub fn wait_ready(mut self) -> Result<Broker> {
        let end = deadline(START_LIMIT);
        loop {
            if let Some((kafka, http)) = read_ports(&self.ports_file) {
                return Ok(Broker { launch: self.launch, process: self.process, kafka, http });
            }
            if let Some(status) = self.process.0.try_wait()? {
                bail!("broker ended at start: {status}\n{}", self.launch.log_from(self.log_end));
            }
            if is_over(end) {
                bail!("broker not ready in time\n{}", self.launch.log_from(self.log_end));
            }
            OsClock.sleep(LOOK);
        }
    }

    /// Waits until it ends by itself: for starts that must fail. Exit code and what it said.
    pub fn wait_end(mut self) -> Result<(Option<i32>, String)> {
        let status = self.process.wait_end(START_LIMIT)?;
        Ok((status.code(), self.launch.log_from(self.log_end)))
    }

    /// SIGKILL, wherever it is.
    pub fn kill(self) -> Result<()> {
        self.process.kill()
    }
}

/// A process that serves.
#[derive(Debug)]
pub struct Broker {
    launch: Launch,
    process: Process,
    kafka: u16,
    http: u16,
}

impl Broker {
    /// Starts a broker with [`Launch::new`]'s settings.
    pub fn start() -> Result<Self> {
        Launch::new()?.start()
    }

    #[must_use]
    pub fn kafka(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.kafka).into()
    }

    #[must_use]
    pub fn http(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.http).into()
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }

    #[must_use]
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// SIGKILL; returns when the process is gone.
    pub fn kill(self) -> Result<Launch> {
        self.process.kill()?;
        Ok(self.launch)
    }

    /// SIGTERM; returns how the process ended.
    pub fn terminate(mut self) -> Result<ExitStatus> {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status()?;
        if !sent.success() {
            bail!("cannot send SIGTERM to {pid}");
        }
        self.process.wait_end(START_LIMIT)
    }

    /// Waits until it ends by itself. Exit code and what this launch has said.
    pub fn wait_end(mut self) -> Result<(Option<i32>, String)> {
        let status = self.process.wait_end(START_LIMIT)?;
        Ok((status.code(), self.launch.log()))
    }

    /// Processor time it has used, in user and kernel mode.
    pub fn cpu_time(&self) -> Result<Duration> {
        /// Linux counts in hundredths, whatever the kernel's own clock.
        const TICK: Duration = Duration::from_millis(10);
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // Behind the name, which may hold anything.
        let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
        let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
        let ticks: u32 = times.sum::<Result<_, _>>()?;
        Ok(TICK * ticks)
    }

    /// Bytes of anonymous memory resident now: its own, without files and their cache.
    pub fn anonymous_bytes(&self) -> Result<u64> {
        self.status_bytes("RssAnon:")
    }

    /// Bytes of memory resident now.
    pub fn resident_bytes(&self) -> Result<u64> {
        self.status_bytes("VmRSS:")
    }

    fn status_bytes(&self, field: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kib = line.and_then(|line| line.split_whitespace().next());
        let kib = kib.with_context(|| format!("no {field}"))?;
        Ok(kib.parse::<u64>()? << 10)
    }
}

/// A child that does not outlive its handle.
#[derive(Debug)]
struct Process(Child);

impl Process {
    fn kill(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }

    fn wait_end(&mut self, limit: Duration) -> Result<ExitStatus> {
        let end = deadline(limit);
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status);
            }
            if is_over(end) {
                bail!("process {} does not end", self.0.id());
            }
            OsClock.sleep(LOOK);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that nobody listens on now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// `$RINGTIDE_BIN`, or the program that the same build put beside the tests.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = env::var_os("RINGTIDE_BIN") {
        return Ok(path.into());
    }
    let test = env::current_exe()?;
    let built = test.parent().and_then(Path::parent).context("test binary has no directory")?;
    let binary = built.join("ringtide");
    if !binary.exists() {
        bail!("{} is missing: run `cargo build --package broker`", binary.display());
    }
    Ok(binary)
}

fn read_ports(path: &Path) -> Option<(u16, u16)> {
    let json: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let port = |name| u16::try_from(json.get(name)?.as_u64()?).ok();
    Some((port("kafka")?, port("http")?))
}

fn deadline(limit: Duration) -> u64 {
    OsClock.now().0 + u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX)
}

fn is_over(deadline: u64) -> bool {
    OsClock.now().0 > deadline
}

//! Servers beside the broker: started on a port, waited for, ended with their handle.

use std::fs::OpenOptions;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use broker_env::{Clock, OsClock};
use tempfile::TempDir;
use tests_e2e::broker::free_port;

const PATIENCE: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(200);
/// Debian's.
const POSTGRES: &str = "/usr/lib/postgresql/15/bin";

/// Looks until it is so.
pub(super) fn wait(mut is_reached: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = OsClock.now().0 + u64::try_from(PATIENCE.as_nanos())?;
    while !is_reached()? {
        ensure!(OsClock.now().0 < end, "it did not happen in time");
        OsClock.sleep(LOOK);
    }
    Ok(())
}

pub(super) struct Process(Child);

impl Process {
    /// Starts it; returns when it listens on `port`.
    pub(super) fn start(mut command: Command, log: &Path, port: u16) -> Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let mut process = Self(child);
        let end = OsClock.now().0 + u64::try_from(PATIENCE.as_nanos())?;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = process.0.try_wait()? {
                bail!("{command:?} ended at start: {status}");
            }
            ensure!(OsClock.now().0 < end, "{command:?} is not ready in time");
            OsClock.sleep(LOOK);
        }
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A PostgreSQL whose changes can be followed.
pub(super) struct Postgres {
    _process: Process,
    port: u16,
    // Dropped after the process has ended.
    _folder: TempDir,
}

impl Postgres {
    pub(super) fn start() -> Result<Self> {
        let folder = TempDir::with_prefix("ringtide-postgres-")?;
        let user = Unprivileged::of(folder.path())?;
        let data = folder.path().join("data");
        let port = free_port()?;
        let mut initdb = user.command("initdb");
        initdb.arg("-D").arg(&data).args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "-N"]);
        let out = initdb.output().context("cannot run initdb")?;
        ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let mut postgres = user.command("postgres");
        postgres.arg("-D").arg(&data).args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
        postgres.args(["-c", "wal_level=logical", "-c", "unix_socket_directories="]);
        let process = Process::start(postgres, &folder.path().join("log"), port)?;
        let postgres = Self { _process: process, port, _folder: folder };
        // It listens before it takes statements.
        wait(|| Ok(postgres.run("SELECT 1").is_ok()))?;
        Ok(postgres)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn run(&self, statement: &str) -> Result<()> {
        let mut psql = Command::new(Path::new(POSTGRES).join("psql"));
        psql.args(["-q", "-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string(), "-c"]);
        let out = psql.arg(statement).output().context("cannot run psql")?;
        ensure!(out.status.success(), "{statement}: {}", String::from_utf8_lossy(&out.stderr));
        Ok(())
    }
}

/// PostgreSQL does not run as root; where the test does, `nobody` runs it.
struct Unprivileged {
    is_root: bool,
    folder: PathBuf,
}

impl Unprivileged {
    fn of(folder: &Path) -> Result<Self> {
        let id = Command::new("id").arg("-u").output()?;
        let is_root = id.stdout.trim_ascii() == b"0";
        if is_root {
            let given = Command::new("chown").arg("nobody").arg(folder).status()?;
            ensure!(given.success(), "cannot give {} away", folder.display());
        }
        Ok(Self { is_root, folder: folder.to_path_buf() })
    }

    fn command(&self, program: &str) -> Command {
        let program = Path::new(POSTGRES).join(program);
        let mut command = if self.is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder);
        command
    }
}

//! A broker process of our own: started on free ports, killed or stopped.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process;

/// Killed when dropped, so that a failed check leaves nothing behind.
pub(super) struct Broker {
    child: Child,
    /// Where clients connect.
    pub(super) kafka: String,
}

#[derive(Deserialize)]
struct Ports {
    kafka: u16,
}

impl Broker {
    /// Starts the broker on `data`; returns once it says that it is ready.
    pub(super) fn start(data: &Path) -> Result<Self> {
        fs::create_dir_all(data)?;
        let ports_file = data.with_extension("ports.json");
        if ports_file.exists() {
            fs::remove_file(&ports_file)?;
        }
        let log =
            fs::OpenOptions::new().create(true).append(true).open(data.with_extension("log"))?;
        let mut command = process::command(process::broker(), &["server"]);
        command.arg("--data").arg(data).arg("--ports-file").arg(&ports_file);
        command.args(["--kafka", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("cannot start the broker")?;
        let mut broker = Self { child, kafka: String::new() };
        let ports = broker.wait_until_ready(&ports_file)?;
        broker.kafka = format!("127.0.0.1:{}", ports.kafka);
        Ok(broker)
    }

    fn wait_until_ready(&mut self, ports_file: &Path) -> Result<Ports> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if let Some(ports) = read_ports(ports_file) {
                return Ok(ports);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the broker ended with {status}; its log stands beside {}",
                    ports_file.display()
                );
            }
            process::pause(Duration::from_millis(10));
        }
        bail!("the broker was not ready within a minute")
    }

    /// SIGKILL: nothing is flushed, nothing is said goodbye to.
    pub(super) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM; the broker must drain and exit with 0.
    pub(super) fn stop(mut self) -> Result<()> {
        process::run(&mut process::command("kill", &[&self.child.id().to_string()]))?;
        let status = process::wait(&mut self.child, Duration::from_secs(30))?;
        if !status.success() {
            bail!("the broker ended with {status} on SIGTERM");
        }
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read_ports(path: &Path) -> Option<Ports> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

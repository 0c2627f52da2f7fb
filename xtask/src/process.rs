//! Running other programs: with their output passed through, kept, or written to a file under a
//! time limit.
//!
//! Every command runs in the workspace root unless it says otherwise.

use std::env;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The folder of the root `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    // As cargo says while it runs us: a target folder may serve several checkouts.
    let compiled = || PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(compiled, PathBuf::from);
    manifest.parent().unwrap_or(&manifest).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A command in the workspace root.
pub(crate) fn command(program: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(root());
    command
}

/// The cargo that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    command(cargo, arguments)
}

/// Builds packages as users get them.
pub(crate) fn build_release(packages: &[&str]) -> Result<()> {
    run(cargo(&["build", "--release", "--locked"]).args(packages))
}

/// The broker that [`build_release`] built.
pub(crate) fn release_broker() -> PathBuf {
    target_dir().join("release/ringtide")
}

/// The broker to run: `$RINGTIDE_BIN`, or the one that the last build of the workspace left.
pub(crate) fn broker() -> PathBuf {
    env::var_os("RINGTIDE_BIN").map_or_else(|| target_dir().join("debug/ringtide"), PathBuf::from)
}

/// Runs it with its output passed through; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", name(command)))?;
    check(command, status)
}

/// Runs it and returns what it wrote on standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let out = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", name(command)))?;
    check(command, out.status)?;
    String::from_utf8(out.stdout).with_context(|| format!("{} wrote no utf-8", name(command)))
}

/// Runs it with all output going to the end of `log`, and stops it after `limit`.
pub(crate) fn run_logged(command: &mut Command, log: &Path, limit: Duration) -> Result<()> {
    let file = OpenOptions::new().create(true).append(true).open(log)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let mut child = command.spawn().with_context(|| format!("cannot start {}", name(command)))?;
    let status = wait(&mut child, limit)
        .with_context(|| format!("{} was stopped after {} s", name(command), limit.as_secs()))?;
    check(command, status)
}

/// Waits for `child`, and kills it when `limit` has passed.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Result<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            bail!("time limit");
        }
        pause(Duration::from_millis(20));
    }
}

/// Waits a moment for something outside this process.
#[expect(clippy::disallowed_methods, reason = "a tool that waits for programs has no broker clock")]
pub(crate) fn pause(time: Duration) {
    thread::sleep(time);
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("{} ended with {status}", name(command));
    }
    Ok(())
}

fn name(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().take(6).map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

//! `image`: builds the image by buildah, without an engine or a registry, and runs it.
//!
//! The Dockerfile is taken as it stands but for what an engine would pull: the first stage is our own
//! release build, and the base is made of Debian's packages. `$RINGTIDE_BIN` names another program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use crate::process;

const TAG: &str = "ringtide-proof";
/// Ports that nobody else uses: the container shares the machine's network.
const SETTINGS: [&str; 2] = [
    "--env=RINGTIDE_LISTENERS=PLAINTEXT://127.0.0.1:19392",
    "--env=RINGTIDE_HTTP__BIND=127.0.0.1:18380",
];
/// How long the broker runs before it is told to stop, in seconds.
const RUNS: &str = "20";

pub(crate) fn run() -> Result<()> {
    let work = process::target_dir().join("xtask/image");
    fs::create_dir_all(&work)?;
    fs::copy(program()?, work.join("ringtide"))?;
    make_base(&work.join("base.tar"))?;
    let dockerfile = fs::read_to_string(process::root().join("docker/Dockerfile"))?;
    fs::write(work.join("Dockerfile"), without_engine(&dockerfile)?)?;
    let mut build = buildah(&["bud", "--isolation=chroot", "--format=docker", "--tag", TAG]);
    process::run(build.arg(&work))?;
    let container = process::output(&mut buildah(&["from", TAG]))?.trim().to_owned();
    let result = try_out(&container);
    process::run(&mut buildah(&["rm", &container]))?;
    process::run(&mut buildah(&["rmi", TAG]))?;
    result
}

fn program() -> Result<PathBuf> {
    if let Some(given) = env::var_os("RINGTIDE_BIN") {
        return Ok(given.into());
    }
    process::build_release(&["--package=broker"])?;
    Ok(process::release_broker())
}

fn make_base(archive: &Path) -> Result<()> {
    if archive.exists() {
        return Ok(());
    }
    let mut make = process::command("mmdebstrap", &["--variant=minbase", "bookworm"]);
    process::run(make.arg(archive))
}

/// The last stage, on our base and with our program.
fn without_engine(dockerfile: &str) -> Result<String> {
    let (_, stage) = dockerfile.split_once("\nFROM debian:bookworm-slim\n").context("no stage")?;
    let copied = "COPY --from=build /src/target/release/ringtide ";
    ensure!(stage.contains(copied), "the program is copied in another way");
    Ok(format!("FROM scratch\nADD base.tar /\n{}", stage.replace(copied, "COPY ringtide ")))
}

fn try_out(container: &str) -> Result<()> {
    let user = process::output(&mut inside(container, &["id", "-u"]))?;
    ensure!(user.trim() == "1000", "it runs as {user}");
    let mut server = inside(container, &["timeout", RUNS, "ringtide", "server"])
        .stdout(Stdio::null())
        .spawn()?;
    let health =
        process::run(&mut inside(container, &["ringtide", "health", "--wait", "--timeout=15"]));
    let ended = server.wait()?;
    health.context("the health check")?;
    // What `timeout` answers for a program that it told to stop, and that did.
    ensure!(ended.code() == Some(124), "the broker ended with {ended}");
    println!("image: built, healthy as user 1000, stopped when told");
    Ok(())
}

fn inside(container: &str, words: &[&str]) -> Command {
    let mut command = buildah(&["run", "--isolation=chroot"]);
    command.args(SETTINGS).arg(container).arg("--").args(words);
    command
}

fn buildah(words: &[&str]) -> Command {
    let mut command = process::command("buildah", words);
    // Overlays need rights that a sandbox has not.
    command.env("STORAGE_DRIVER", "vfs");
    command
}

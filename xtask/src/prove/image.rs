//! `image`: builds the image by buildah, without an engine or a registry, and runs it.
//!
//! The Dockerfile's last stage is taken as it stands but for what an engine would pull: its base is made of Debian's
//! packages. The stage that builds is not built: the program is our own release build, or what `$RINGTIDE_BIN` names.
//! Limits of memory and processes are the engine's, and not shown.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process;

const TAG: &str = "ringtide-proof";
/// Ports that nobody else uses: the container shares the machine's network.
const SETTINGS: [&str; 2] =
    ["RINGTIDE_LISTENERS=PLAINTEXT://127.0.0.1:19392", "RINGTIDE_HTTP__BIND=127.0.0.1:18380"];

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
    let root = process::output(&mut buildah(&["mount", container]))?.trim().to_owned();
    let mut server = read_only(&root)?.stdout(Stdio::null()).spawn()?;
    let health =
        process::run(&mut inside(container, &["ringtide", "health", "--wait", "--timeout=15"]));
    // The shell has become the broker, so this is its process.
    let told = process::run(&mut process::command("kill", &["-TERM", &server.id().to_string()]));
    let ended = server.wait()?;
    process::output(&mut buildah(&["umount", container]))?;
    health.context("the health check")?;
    told?;
    ensure!(ended.code() == Some(0), "told to stop, the broker ended with {ended}");
    println!(
        "image: last stage built, healthy as user 1000 on a read-only root, exit 0 when told to stop"
    );
    Ok(())
}

/// The broker on the image's files as a container with a read-only root has them: only what the image declares a
/// volume is writable. buildah has no switch for that, so it is mounted so here, in a namespace of its own.
fn read_only(root: &str) -> Result<Command> {
    const SCRIPT: &str = r#"
        mount --bind "$0" "$0" &&
        mount --bind "$0/var/lib/ringtide" "$0/var/lib/ringtide" &&
        mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        mount -o remount,bind,ro "$0" &&
        ! touch "$0/written" 2>/dev/null &&
        exec chroot --userspec=1000:1000 "$0" env --ignore-environment "$@""#;
    let image = process::output(&mut buildah(&["inspect", "--type=image", TAG]))?;
    let image: Value = serde_json::from_str(&image)?;
    let config = image.pointer("/OCIv1/config").context("the image has no configuration")?;
    let has_volume = config.pointer("/Volumes/~1var~1lib~1ringtide").is_some();
    ensure!(has_volume, "the data is no volume: {config}");
    let words = |name: &str| -> Vec<&str> {
        let list = config.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let mut command = process::command("unshare", &["--mount", "sh", "-c", SCRIPT, root]);
    command.args(words("Env")).args(SETTINGS).args(words("Entrypoint")).args(words("Cmd"));
    Ok(command)
}

fn inside(container: &str, words: &[&str]) -> Command {
    let mut command = buildah(&["run", "--isolation=chroot"]);
    command.args(SETTINGS.map(|setting| format!("--env={setting}")));
    command.arg(container).arg("--").args(words);
    command
}

fn buildah(words: &[&str]) -> Command {
    let mut command = process::command("buildah", words);
    // Overlays need rights that a sandbox has not.
    command.env("STORAGE_DRIVER", "vfs");
    command
}

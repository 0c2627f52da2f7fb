//! Apicurio Registry: what it stores in a topic is there again after it was killed.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use tests_e2e::broker::{Launch, free_port};
use tests_e2e::installed::place;

use super::server::{Process, wait};
use super::wanted;
use crate::connect::http::ask;

/// The registry is compiled for this version of Java.
const JAVA: u32 = 21;
const SUBJECTS: &str = "/apis/ccompat/v7/subjects";

#[test]
fn apicurio_finds_its_schemas_again() -> Result<()> {
    if !wanted("apicurio") {
        return Ok(());
    }
    let folder = TempDir::with_prefix("ringtide-apicurio-")?;
    let broker = Launch::new()?.start()?;
    let (registry, address) = start(broker.kafka(), folder.path())?;
    let schema = json!({"schema": "{\"type\": \"string\"}"}).to_string();
    for subject in ["birds", "flights"] {
        let path = format!("{SUBJECTS}/{subject}/versions");
        let (status, body) = ask(address, "POST", &path, &schema)?;
        ensure!(status == 200, "{status} {body}");
    }
    drop(registry);
    let (_registry, address) = start(broker.kafka(), folder.path())?;
    // It answers before it has read its topic.
    wait(|| Ok(ask(address, "GET", SUBJECTS, "")?.1 == r#"["birds","flights"]"#))
        .context("the schemas are not there after the restart")?;
    println!("ecosystem: apicurio found 2 schemas again after kill -9 of the registry");
    Ok(())
}

fn start(broker: SocketAddr, folder: &Path) -> Result<(Process, SocketAddr)> {
    let port = free_port()?;
    let mut java = Command::new(java()?);
    java.args(["-Xmx512M", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    java.arg("-Dquarkus.http.host=127.0.0.1").arg(format!("-Dquarkus.http.port={port}"));
    java.arg("-Dapicurio.storage.kind=kafkasql");
    java.arg(format!("-Dapicurio.kafkasql.bootstrap.servers={broker}"));
    java.arg("-jar").arg(place("apicurio-registry-app").join("quarkus-run.jar"));
    let process = Process::start(java, &folder.join("registry.log"), port)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    wait(|| Ok(ask(address, "GET", SUBJECTS, "").is_ok_and(|(status, _)| status == 200)))
        .with_context(|| fs::read_to_string(folder.join("registry.log")).unwrap_or_default())?;
    Ok((process, address))
}

/// A Java that is new enough, among those that Debian's packages put side by side.
fn java() -> Result<PathBuf> {
    for entry in fs::read_dir("/usr/lib/jvm")? {
        let home = entry?.path();
        let release = fs::read_to_string(home.join("release")).unwrap_or_default();
        let version = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION=\""));
        let major =
            version.and_then(|version| version.split(['.', '"']).next()?.parse::<u32>().ok());
        if major.is_some_and(|major| major >= JAVA) {
            return Ok(home.join("bin/java"));
        }
    }
    anyhow::bail!("install a Java of version {JAVA} or newer")
}

//! Jars from Maven Central: the Java client in two lines with our driver compiled against each, and Apache
//! Kafka's own broker as the peer of the benchmark.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use super::cache::{ensure, persist, pin};
use crate::process;

/// What our driver needs beside the client: JSON, and no logging.
const DRIVER: &[&str] =
    &["org.slf4j:slf4j-nop:1.7.36", "com.fasterxml.jackson.core:jackson-databind:2.20.1"];

const SOURCES: &[&str] = &[
    "tests/e2e/clients/Client.java",
    "tests/e2e/clients/Groups.java",
    "tests/e2e/clients/Refusals.java",
];

pub(super) fn install_clients() -> Result<()> {
    for name in ["kafka-clients", "kafka-clients-old"] {
        let place = ensure(name, |place| fetch(place, &[("kafka-clients", pin(name))], DRIVER))?;
        let classes = super::drivers().join(name);
        if newest(SOURCES)? <= changed(&classes.join("Client.class")) {
            continue;
        }
        let mut javac = process::command("javac", &["-nowarn", "-XDignore.symbol.file", "-d"]);
        javac.arg(classes).arg("-cp").arg(place.join("libs/*")).args(SOURCES);
        // Only its remarks about calls that a later client drops.
        process::output(javac.args(["-Xlint:-removal", "-Xlint:-deprecation"]))?;
    }
    Ok(())
}

/// When a file was written last; the beginning of time where there is none.
fn changed(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

fn newest(paths: &[&str]) -> Result<SystemTime> {
    let times = paths.iter().map(|path| changed(&process::root().join(path)));
    times.max().context("no sources")
}

pub(super) fn install_broker() -> Result<PathBuf> {
    let version = pin("kafka");
    ensure("kafka", |place| fetch(place, &[("kafka_2.13", version), ("kafka-tools", version)], &[]))
}

/// An artefact at its pinned version with all that it needs, in a folder of its own.
pub(super) fn install_whole(group: &str, name: &str, extra: &[&str]) -> Result<()> {
    ensure(name, |place| {
        let mut dependencies = dependency(group, name, pin(name));
        dependencies.extend(extra.iter().map(|coordinates| named(coordinates)));
        copy(place, &dependencies, &[])
    })?;
    Ok(())
}

/// An artefact without what it needs, but for `extra`.
pub(super) fn install_alone(group: &str, name: &str, extra: &[&str]) -> Result<()> {
    ensure(name, |place| {
        let mut dependencies = dependency(group, name, pin(name));
        dependencies.extend(extra.iter().map(|coordinates| named(coordinates)));
        copy(place, &dependencies, &["-DexcludeTransitive=true"])
    })?;
    Ok(())
}

/// An archive, unpacked.
pub(super) fn install_archive(group: &str, name: &str, classifier: &str, kind: &str) -> Result<()> {
    ensure(name, |place| {
        let version = pin(name);
        let artefact = format!("-Dartifact={group}:{name}:{version}:{kind}:{classifier}");
        persist(|| {
            let mut mvn = process::command("mvn", &["-q", "-B", "-Dstyle.color=never"]);
            mvn.args(["dependency:copy", "-DoutputDirectory=.", &artefact]).current_dir(place);
            mvn
        })?;
        let archive = format!("{name}-{version}-{classifier}.{kind}");
        process::run(process::command("tar", &["-xf", &archive]).current_dir(place))
    })?;
    Ok(())
}

/// What a worker of Kafka Connect needs beside Kafka's own jars: its connector to files, and a log.
pub(super) fn install_connect() -> Result<()> {
    install_alone("org.apache.kafka", "connect-file", &[])?;
    install_alone("org.slf4j", "slf4j-simple", &[])
}

/// Copies the named artefacts of Apache Kafka, `extra` ones, and all they need, to `<place>/libs`.
fn fetch(place: &Path, artefacts: &[(&str, &str)], extra: &[&str]) -> Result<()> {
    let mut dependencies = String::new();
    for (name, version) in artefacts {
        dependencies.push_str(&dependency("org.apache.kafka", name, version));
    }
    dependencies.extend(extra.iter().map(|coordinates| named(coordinates)));
    copy(place, &dependencies, &[])
}

fn copy(place: &Path, dependencies: &str, options: &[&str]) -> Result<()> {
    let project = format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>ringtide</groupId>\
         <artifactId>tools</artifactId><version>1</version>\
         <dependencies>{dependencies}</dependencies></project>"
    );
    fs::write(place.join("pom.xml"), project)?;
    persist(|| {
        let mut mvn = process::command("mvn", &["-q", "-B", "-Dstyle.color=never"]);
        mvn.args([
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            "-DoutputDirectory=libs",
        ])
        .args(options)
        .current_dir(place);
        mvn
    })
}

fn named(coordinates: &str) -> String {
    match coordinates.split(':').collect::<Vec<_>>().as_slice() {
        [group, name, version] => dependency(group, name, version),
        _ => String::new(),
    }
}

fn dependency(group: &str, name: &str, version: &str) -> String {
    format!(
        "<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>\
         <version>{version}</version></dependency>"
    )
}

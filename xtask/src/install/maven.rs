//! Jars from Maven Central: the Java client, and Apache Kafka's own broker as the peer of the benchmark.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::cache::{ensure, persist, pin};
use crate::process;

/// What our driver needs beside the client: JSON, and no logging.
const DRIVER: &[&str] =
    &["org.slf4j:slf4j-nop:1.7.36", "com.fasterxml.jackson.core:jackson-databind:2.20.1"];

pub(super) fn install_client() -> Result<PathBuf> {
    ensure("kafka-clients", |place| {
        fetch(place, &[("kafka-clients", pin("kafka-clients"))], DRIVER)
    })
}

pub(super) fn install_broker() -> Result<PathBuf> {
    let version = pin("kafka");
    ensure("kafka", |place| fetch(place, &[("kafka_2.13", version), ("kafka-tools", version)], &[]))
}

/// What a worker of Kafka Connect needs beside Kafka's own jars: its connector to files, and a log.
pub(super) fn install_connect() -> Result<()> {
    ensure("connect-file", |place| {
        fetch_alone(place, &format!("org.apache.kafka:connect-file:{}", pin("connect-file")))
    })?;
    ensure("slf4j-simple", |place| {
        fetch_alone(place, &format!("org.slf4j:slf4j-simple:{}", pin("slf4j-simple")))
    })?;
    Ok(())
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

/// Copies one artefact, `GROUP:NAME:VERSION`, to `<place>/libs`, and nothing that it needs.
fn fetch_alone(place: &Path, coordinates: &str) -> Result<()> {
    copy(place, &named(coordinates), &["-DexcludeTransitive=true"])
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

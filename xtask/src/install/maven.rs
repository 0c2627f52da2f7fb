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

/// Copies the named artefacts of Apache Kafka, `extra` ones, and all they need, to `<place>/libs`.
fn fetch(place: &Path, artefacts: &[(&str, &str)], extra: &[&str]) -> Result<()> {
    let mut dependencies = String::new();
    for (name, version) in artefacts {
        dependencies.push_str(&dependency("org.apache.kafka", name, version));
    }
    for coordinates in extra {
        if let [group, name, version] = coordinates.split(':').collect::<Vec<_>>().as_slice() {
            dependencies.push_str(&dependency(group, name, version));
        }
    }
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
        .current_dir(place);
        mvn
    })
}

fn dependency(group: &str, name: &str, version: &str) -> String {
    format!(
        "<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>\
         <version>{version}</version></dependency>"
    )
}

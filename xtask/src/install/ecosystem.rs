//! What the proofs of the ecosystem run: frameworks, connectors and servers, each only when its proof is asked for.

use std::fs;

use anyhow::Result;

use super::cache::{ensure, persist, pin};
use super::{apt, cargo, maven, python};
use crate::process;

/// Installs what the proof of this name needs beside the tools of `test`; most need nothing.
pub(crate) fn install(proof: &str) -> Result<()> {
    match proof {
        "bytewax" => python::environment("bytewax", "bytewax[kafka]", &[]),
        "quix" => python::environment("quixstreams", "quixstreams", &[]),
        "faust" => {
            // For zstd: its Kafka client has no codec of its own.
            python::environment("faust-streaming", "faust-streaming", &["cramjam==2.14.0"])
        }
        "spark" => {
            python::environment("pyspark", "pyspark", &[])?;
            maven::install_whole("org.apache.spark", "spark-sql-kafka-0-10_2.13", &[])
        }
        "flink" => {
            python::environment("apache-flink", "apache-flink", &[])?;
            // The connector holds Kafka's client, but not the codec.
            let zstd = "com.github.luben:zstd-jni:1.5.6-10";
            maven::install_alone("org.apache.flink", "flink-sql-connector-kafka", &[zstd])
        }
        "streams" => maven::install_whole(
            "org.apache.kafka",
            "kafka-streams",
            &["org.slf4j:slf4j-nop:1.7.36"],
        ),
        "debezium" => {
            apt::install_one(
                &["test", "-e", "/usr/lib/postgresql/15/bin/postgres"],
                "postgresql-15",
            )?;
            maven::install_whole("io.debezium", "debezium-connector-postgres", &[])
        }
        "camel" => {
            install_versitygw()?;
            let s3 = format!("org.apache.camel:camel-aws2-s3:{}", pin("camel-aws2-s3"));
            maven::install_whole("org.apache.camel.kafkaconnector", "camel-kafka-connector", &[&s3])
        }
        "image" => {
            apt::install_one(&["buildah", "--version"], "buildah")?;
            apt::install_one(&["mmdebstrap", "--version"], "mmdebstrap")
        }
        "apicurio" => {
            maven::install_archive("io.apicurio", "apicurio-registry-app", "all", "tar.gz")
        }
        "rdkafka" | "rskafka" => cargo::unpack(proof),
        _ => Ok(()),
    }
}

/// A server that speaks S3, built by the Go toolchain.
fn install_versitygw() -> Result<()> {
    ensure("versitygw", |place| {
        let package = format!("github.com/versity/versitygw/cmd/versitygw@{}", pin("versitygw"));
        fs::create_dir_all(place.join("bin"))?;
        persist(|| {
            let mut go =
                process::command("go", &["install", "-trimpath", "-ldflags=-s -w", &package]);
            go.env("GOBIN", place.join("bin"));
            go
        })
    })?;
    Ok(())
}

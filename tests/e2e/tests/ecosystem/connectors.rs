//! Connectors of others on Kafka Connect: Debezium reads a PostgreSQL, Camel writes into S3.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests_e2e::broker::{Launch, free_port};
use tests_e2e::installed::place;

use super::server::{Postgres, Process, wait};
use super::wanted;
use crate::connect::worker::{Discovery, Worker};

/// Records that become objects.
const OBJECTS: usize = 50;

#[test]
fn debezium_captures_a_snapshot_and_live_changes() -> Result<()> {
    if !wanted("debezium") {
        return Ok(());
    }
    let folder = TempDir::with_prefix("ringtide-debezium-")?;
    let postgres = Postgres::start()?;
    postgres.run("CREATE TABLE birds (id int PRIMARY KEY, name text)")?;
    postgres.run("INSERT INTO birds VALUES (1, 'wren'), (2, 'rook'), (3, 'kite')")?;
    let broker = Launch::new()?.start()?;
    let plugins = [place("debezium-connector-postgres")];
    let worker = Worker::start(folder.path(), broker.kafka(), &plugins, Discovery::Services)?;
    let converter = "org.apache.kafka.connect.json.JsonConverter";
    worker.configure(
        "birds",
        &json!({
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "plugin.name": "pgoutput", "publication.autocreate.mode": "filtered",
            "database.hostname": "127.0.0.1", "database.port": postgres.port().to_string(),
            "database.user": "postgres", "database.password": "none",
            "database.dbname": "postgres", "table.include.list": "public.birds",
            "topic.prefix": "shop", "tasks.max": "1",
            "key.converter": converter, "value.converter": converter,
            "key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false",
        }),
    )?;
    let read = || changes(broker.kafka());
    wait(|| Ok(read()? == ["r wren", "r rook", "r kite"])).with_context(|| worker.log())?;
    postgres.run("INSERT INTO birds VALUES (4, 'gull')")?;
    postgres.run("UPDATE birds SET name = 'crow' WHERE id = 2")?;
    postgres.run("DELETE FROM birds WHERE id = 1")?;
    let expected = ["r wren", "r rook", "r kite", "c gull", "u crow", "d", "tombstone"];
    wait(|| Ok(read()? == expected)).with_context(|| worker.log())?;
    worker.stop()?;
    println!(
        "ecosystem: debezium captured 3 rows of a snapshot, then an insert, an update and a delete"
    );
    Ok(())
}

/// What the topic tells: operation and new name, in order.
fn changes(broker: SocketAddr) -> Result<Vec<String>> {
    let mut kcat = Command::new("kcat");
    kcat.args(["-C", "-e", "-q", "-Z", "-t", "shop.public.birds", "-f", "%s\\n", "-b"]);
    let out = kcat.arg(broker.to_string()).stderr(Stdio::null()).output()?;
    let text = String::from_utf8(out.stdout)?;
    let change = |line: &str| {
        let change: Value = serde_json::from_str(line).unwrap_or_default();
        let text = |path| change.pointer(path).and_then(Value::as_str);
        let Some(operation) = text("/op") else { return "tombstone".to_owned() };
        let name = text("/after/name").unwrap_or("");
        format!("{operation} {name}").trim_end().to_owned()
    };
    Ok(text.lines().map(change).collect())
}

#[test]
fn camel_writes_a_topic_into_a_bucket() -> Result<()> {
    if !wanted("camel") {
        return Ok(());
    }
    let folder = TempDir::with_prefix("ringtide-camel-")?;
    let bucket = folder.path().join("store/records");
    fs::create_dir_all(&bucket)?;
    let port = free_port()?;
    let mut gateway = Command::new(place("versitygw").join("bin/versitygw"));
    gateway
        .args(["--port", &format!("127.0.0.1:{port}"), "posix"])
        .arg(folder.path().join("store"));
    gateway.env("ROOT_ACCESS_KEY", "reader").env("ROOT_SECRET_KEY", "not-a-secret");
    let _gateway = Process::start(gateway, &folder.path().join("gateway.log"), port)?;
    let broker = Launch::new()?.start()?;
    produce(broker.kafka())?;
    let plugins = [place("camel-kafka-connector")];
    let worker = Worker::start(folder.path(), broker.kafka(), &plugins, Discovery::Scan)?;
    let url = format!(
        "aws2-s3://records?overrideEndpoint=true&uriEndpointOverride=http://127.0.0.1:{port}\
         &accessKey=reader&secretKey=not-a-secret&region=us-east-1&keyName=obj-${{exchangeId}}"
    );
    worker.configure(
        "bucket",
        &json!({"connector.class": "org.apache.camel.kafkaconnector.CamelSinkConnector",
                "camel.sink.url": url, "topics": "records", "tasks.max": "1"}),
    )?;
    let expected: BTreeSet<String> =
        (0..OBJECTS).map(|number| format!("record {number}")).collect();
    wait(|| Ok(objects(&bucket)? == expected)).with_context(|| worker.log())?;
    worker.stop()?;
    println!("ecosystem: camel wrote {OBJECTS} records as objects");
    Ok(())
}

fn produce(broker: SocketAddr) -> Result<()> {
    let mut kcat = Command::new("kcat");
    kcat.args(["-P", "-t", "records", "-b"]).arg(broker.to_string());
    let mut process = kcat.stdin(Stdio::piped()).spawn()?;
    let lines: String = (0..OBJECTS).map(|number| format!("record {number}\n")).collect();
    process.stdin.take().context("no standard input")?.write_all(lines.as_bytes())?;
    ensure!(process.wait()?.success(), "kcat cannot produce");
    Ok(())
}

/// The contents of the objects; an object of a record that was delivered twice counts once.
fn objects(bucket: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(bucket)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("obj-") {
            found.insert(fs::read_to_string(entry.path())?);
        }
    }
    Ok(found)
}

//! Partitions cost nothing on disk before somebody writes to them: only the metadata grows, also over
//! a restart.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;

use super::fill::{Filler, now};

const TOPICS: usize = 10;
const PARTITIONS: i32 = 1000;

#[test]
fn ten_thousand_partitions_take_no_disk_until_they_are_written() -> Result<()> {
    let launch = Launch::new()?;
    let broker = launch.start()?;
    let before = beside_metadata(&launch.data_dir())?;
    let mut client = Client::connect(broker.kafka())?;
    for topic in 0..TOPICS {
        client.create_topic(&format!("many-{topic}"), PARTITIONS, &[])?;
    }
    unchanged(&launch, &before).context("after creating them")?;

    ensure!(broker.terminate()?.success());
    let broker = launch.start()?;
    unchanged(&launch, &before).context("after a stop and a start")?;
    all_there(&broker)?;
    let launch = broker.kill()?;
    let broker = launch.start()?;
    unchanged(&launch, &before).context("after a kill and a start")?;
    all_there(&broker)?;

    let mut client = Client::connect(broker.kafka())?;
    let mut filler = Filler::new(&mut client, "many-7", 0, 1, 1000)?;
    filler.append(&mut client, 3, now())?;
    filler.check(&mut client, 0)
}

fn all_there(broker: &Broker) -> Result<()> {
    let mut client = Client::connect(broker.kafka())?;
    for topic in 0..TOPICS {
        let answer = client.metadata(&format!("many-{topic}"))?;
        let partitions = answer.topics.first().context("no topic in the answer")?.partitions.len();
        ensure!(partitions == usize::try_from(PARTITIONS)?, "many-{topic} has {partitions}");
    }
    Ok(())
}

fn unchanged(launch: &Launch, before: &BTreeMap<PathBuf, u64>) -> Result<()> {
    let after = beside_metadata(&launch.data_dir())?;
    ensure!(after == *before, "{before:#?} became {after:#?}");
    Ok(())
}

/// Every file and directory but those of the metadata, with the bytes of disk it takes.
fn beside_metadata(data: &Path) -> Result<BTreeMap<PathBuf, u64>> {
    let mut found = BTreeMap::new();
    let mut left = vec![data.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir)? {
            let (path, meta) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
            if path == data.join("metadata") {
                continue;
            }
            found.insert(path.clone(), meta.blocks() * 512);
            if meta.is_dir() {
                left.push(path);
            }
        }
    }
    Ok(found)
}

//! `log describe`: what a data directory holds.

use std::collections::BTreeMap;

use broker_wal::EntryKind;
use clap::Args;
use protocol_types::LocalId;
use protocol_types::UuidText;
use serde_json::{Value, json};

use super::DataArgs;
use super::data::{Data, Metadata};
use super::sealed::Sealed;
use crate::cli::OutputArgs;
use crate::cli::error::CliError;
use crate::cli::output::{Format, Output, Rows};

/// Show what a data directory holds: metadata, ring, sealed files, partitions.
#[derive(Debug, Args)]
pub struct Describe {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What lies in the ring of one partition.
#[derive(Clone, Copy, Debug, Default)]
struct InRing {
    batches: u64,
    bytes: u64,
}

impl Describe {
    pub(super) fn run(self) -> Result<(), CliError> {
        let data = Data::open(self.data.dir())?;
        let metadata = data.metadata()?;
        let (ring, in_ring) = ring(&data);
        let sealed = Sealed::read(&data)?;
        let partitions = partitions(&metadata, &in_ring, &sealed);
        let summary = vec![metadata_summary(&metadata), ring, sealed.summary()];
        let output = Output::new(self.output.output);
        if self.output.output == Format::Table {
            output.rows(&Rows { columns: &["part", "state", "bytes", "detail"], rows: summary })?;
            let columns = &[
                "topic",
                "partition",
                "local_id",
                "ring_batches",
                "ring_bytes",
                "segments",
                "sealed_bytes",
                "log_start",
                "sealed_end",
            ];
            return output.rows(&Rows { columns, rows: partitions });
        }
        let directory = json!({
            "directory": data.dir.display().to_string(),
            "parts": summary,
            "partitions": partitions,
        });
        output.rows(&Rows { columns: &[], rows: vec![directory] })
    }
}

fn metadata_summary(metadata: &Metadata) -> Value {
    let Metadata { inspection, image, .. } = metadata;
    let cluster = image.cluster().map_or_else(|| "-".to_owned(), |cluster| cluster.to_string());
    json!({
        "part": "metadata",
        "state": if inspection.torn_bytes > 0 { "torn tail, cut at the next start" } else { "ok" },
        "bytes": inspection.log_bytes + inspection.snapshot_bytes,
        "detail": format!(
            "cluster {cluster}, node {}, started {} times, {} topics, {} partitions, {} records",
            image.node().0,
            image.incarnation(),
            image.topic_count(),
            image.partition_count(),
            inspection.records.len(),
        ),
        "cluster_id": cluster,
        "node_id": image.node().0,
        "incarnation": image.incarnation(),
        "topics": image.topic_count(),
        "partitions": image.partition_count(),
    })
}

fn ring(data: &Data) -> (Value, BTreeMap<LocalId, InRing>) {
    let mut in_ring: BTreeMap<LocalId, InRing> = BTreeMap::new();
    let found = broker_wal::inspect(&data.disk, &data.path("ring"), &mut |entry| {
        if entry.kind == EntryKind::Data {
            let partition = in_ring.entry(entry.local_id).or_default();
            partition.batches += 1;
            partition.bytes += entry.payload.len() as u64;
        }
        Ok(())
    });
    let summary = match found {
        Err(error) => json!({ "part": "ring", "state": "unreadable", "detail": error.to_string() }),
        Ok(ring) => match ring.recovery {
            Err(error) => json!({
                "part": "ring",
                "state": "a start would be refused",
                "bytes": ring.capacity,
                "detail": error.to_string(),
            }),
            Ok(report) => json!({
                "part": "ring",
                "state": report.truncated.map_or("ok", |_| "torn tail, cut at the next start"),
                "bytes": ring.capacity,
                "detail": format!(
                    "{} of {} bytes used, {} entries in {} groups, ring {}",
                    report.head.0 - report.trim.0,
                    ring.capacity,
                    report.entries,
                    report.groups,
                    UuidText(ring.uuid),
                ),
                "used_bytes": report.head.0 - report.trim.0,
                "entries": report.entries,
                "groups": report.groups,
            }),
        },
    };
    (summary, in_ring)
}

fn partitions(
    metadata: &Metadata,
    in_ring: &BTreeMap<LocalId, InRing>,
    sealed: &Sealed,
) -> Vec<Value> {
    let mut rows: Vec<_> = metadata.partitions.iter().collect();
    rows.sort_by_key(|(_, place)| *place);
    rows.into_iter()
        .map(|(local_id, (topic, partition))| {
            let ring = in_ring.get(local_id).copied().unwrap_or_default();
            let state = sealed.partitions.get(local_id);
            let segments = state.map_or(&[][..], |state| &state.segments);
            json!({
                "topic": topic,
                "partition": partition.0,
                "local_id": local_id.0,
                "ring_batches": ring.batches,
                "ring_bytes": ring.bytes,
                "segments": segments.len(),
                "sealed_bytes": segments.iter().map(|segment| segment.len).sum::<u64>(),
                "log_start": state.map_or(0, |state| state.log_start.0),
                "sealed_end": state.map_or(0, |state| state.sealed_end.0),
            })
        })
        .collect()
}

//! Sealed files and the checkpoint that names their live segments.

use std::collections::BTreeMap;
use std::io;

use broker_log::RecoveredPartition;
use broker_log::checkpoint::{self, CheckpointState, PartitionState};
use broker_log::inspect::{self, FileReport};
use protocol_types::LocalId;
use serde_json::{Value, json};

use super::data::Data;
use super::verify::Findings;
use crate::cli::error::{CliError, Code};

/// What the checkpoint says, and the files as their footers describe them.
#[derive(Debug)]
pub(super) struct Sealed {
    checkpoint: Option<CheckpointState>,
    files: Vec<FileReport>,
    /// As of the checkpoint.
    pub(super) partitions: BTreeMap<LocalId, RecoveredPartition>,
}

impl Sealed {
    pub(super) fn read(data: &Data) -> Result<Self, CliError> {
        let dir = data.path("checkpoint");
        let checkpoint = if there(data, "checkpoint/base")? {
            let read = checkpoint::read(&data.disk, &dir);
            Some(read.map_err(|error| CliError::new(Code::Damaged, error.to_string()))?)
        } else {
            None
        };
        let partitions = checkpoint.iter().flat_map(|state| &state.partitions);
        let partitions =
            partitions.map(|(id, PartitionState { state, .. })| (*id, state.clone())).collect();
        let files = segments(data, |dir| inspect::describe(&data.disk, dir, checkpoint.as_ref()))?;
        Ok(Self { checkpoint, files, partitions })
    }

    pub(super) fn summary(&self) -> Value {
        let segments = || self.files.iter().flat_map(|file| &file.segments);
        let live = segments().filter(|segment| segment.live);
        let faults: Vec<&String> = self.files.iter().flat_map(|file| &file.faults).collect();
        json!({
            "part": "sealed",
            "state": if faults.is_empty() { "ok" } else { "damaged; see ringtide log verify" },
            "bytes": self.files.iter().map(|file| file.len).sum::<u64>(),
            "detail": format!(
                "{} files, {} live of {} segments",
                self.files.len(),
                live.count(),
                segments().count()
            ),
            "files": self.files.len(),
            "faults": faults,
        })
    }

    /// Reads every live segment against its checksums.
    pub(super) fn verify(&self, data: &Data, findings: &mut Findings) {
        if let Some(checkpoint) = &self.checkpoint {
            findings.ok("checkpoint", format!("{} partitions", checkpoint.partitions.len()));
        }
        let checkpoint = self.checkpoint.as_ref();
        let files = match segments(data, |dir| inspect::verify(&data.disk, dir, checkpoint)) {
            Ok(files) => files,
            Err(error) => return findings.damaged("sealed", error.message().to_owned()),
        };
        for fault in files.iter().flat_map(|file| &file.faults) {
            findings.damaged("sealed", fault.clone());
        }
        let live = files.iter().flat_map(|file| &file.segments).filter(|segment| segment.live);
        findings
            .ok("sealed", format!("{} files, {} live segments read", files.len(), live.count()));
    }
}

fn there(data: &Data, name: &str) -> Result<bool, CliError> {
    Ok(broker_env::disk::Disk::exists(&data.disk, &data.path(name))?)
}

/// Looks at the directory of sealed files; before the first seal there may be none.
fn segments(
    data: &Data,
    look: impl FnOnce(&std::path::Path) -> io::Result<Vec<FileReport>>,
) -> Result<Vec<FileReport>, CliError> {
    if there(data, "segments")? { Ok(look(&data.path("segments"))?) } else { Ok(Vec::new()) }
}

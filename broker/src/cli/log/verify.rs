//! `log verify`: every checksum of a data directory.

use broker_wal::EntryKind;
use clap::Args;
use protocol_records::BatchView;
use serde_json::{Value, json};

use super::DataArgs;
use super::data::Data;
use super::sealed::Sealed;
use crate::cli::OutputArgs;
use crate::cli::error::{CliError, Code, Exit};
use crate::cli::output::{Output, Rows};

/// Check every checksum in a data directory; exit code 7 if something is damaged.
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What was found, part by part.
#[derive(Debug, Default)]
pub(super) struct Findings {
    rows: Vec<Value>,
    damaged: u64,
}

impl Findings {
    pub(super) fn ok(&mut self, part: &str, detail: String) {
        self.add(part, "ok", detail);
    }

    /// Not damage: the next start deals with it.
    pub(super) fn torn(&mut self, part: &str, detail: String) {
        self.add(part, "torn", detail);
    }

    pub(super) fn damaged(&mut self, part: &str, detail: String) {
        self.damaged += 1;
        self.add(part, "damaged", detail);
    }

    fn add(&mut self, part: &str, state: &str, detail: String) {
        let detail = Value::String(detail);
        self.rows.push(json!({ "part": part, "state": state, "detail": detail }));
    }
}

impl Verify {
    pub(super) fn run(self) -> Result<(), CliError> {
        let data = Data::open(self.data.dir())?;
        let mut findings = Findings::default();
        match data.metadata() {
            Ok(metadata) => {
                let records = metadata.inspection.records.len();
                findings.ok("metadata", format!("{records} records"));
                if metadata.inspection.torn_bytes > 0 {
                    let bytes = metadata.inspection.torn_bytes;
                    findings.torn("metadata", format!("{bytes} bytes of an unfinished append"));
                }
            }
            Err(error) if error.exit() == Exit::Unhealthy => {
                findings.damaged("metadata", error.message().to_owned());
            }
            Err(error) => return Err(error),
        }
        verify_ring(&data, &mut findings);
        match Sealed::read(&data) {
            Ok(sealed) => sealed.verify(&data, &mut findings),
            Err(error) => findings.damaged("checkpoint", error.message().to_owned()),
        }
        let Findings { rows, damaged } = findings;
        let columns = &["part", "state", "detail"];
        Output::new(self.output.output).rows(&Rows { columns, rows })?;
        if damaged == 0 {
            return Ok(());
        }
        let message = format!("{damaged} damaged parts in {}", data.dir.display());
        Err(CliError::new(Code::Damaged, message)
            .hint("keep a copy of the directory before anything else is done with it"))
    }
}

fn verify_ring(data: &Data, findings: &mut Findings) {
    let (mut batches, mut broken) = (0_u64, Vec::new());
    let found = broker_wal::inspect(&data.disk, &data.path("ring"), &mut |entry| {
        if entry.kind == EntryKind::Data {
            batches += 1;
            let sound = BatchView::parse(entry.payload).is_ok_and(|batch| batch.crc_matches());
            if !sound {
                broken.push(format!("batch at {} of partition {}", entry.lsn.0, entry.local_id.0));
            }
        }
        Ok(())
    });
    match found {
        Err(error) => findings.damaged("ring", error.to_string()),
        Ok(ring) => match ring.recovery {
            Err(error) => findings.damaged("ring", error.to_string()),
            Ok(report) => {
                findings.ok("ring", format!("{batches} batches in {} groups", report.groups));
                if let Some(cut) = report.truncated {
                    findings
                        .torn("ring", format!("unfinished group at {}: {}", cut.at.0, cut.reason));
                }
            }
        },
    }
    for detail in broken {
        findings.damaged("ring", detail);
    }
}

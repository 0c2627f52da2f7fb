//! `ringtide doctor`: looks at what a broker with the same arguments would find.
//!
//! Each check yields findings, each with a remedy where one is needed. It changes nothing: a file
//! that the disk is tried with is removed again.

mod disk;
mod machine;
mod network;

use clap::Args;
use config::Profile;
use serde_json::json;

use super::OutputArgs;
use super::error::{CliError, Code};
use super::output::{Format, Output, Rows};
use crate::serve::{self, ServerArgs};

/// Look at what a broker would find here: data directory, limits, disk, ports, addresses, clock.
#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    /// A broker runs, but not well, or not for everybody.
    Warning,
    /// A broker does not start, or cannot be used.
    Failed,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    check: &'static str,
    state: State,
    found: String,
    remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), remedy: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { check, state: State::Warning, found: found.into(), remedy }
    }

    fn failed(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { check, state: State::Failed, found: found.into(), remedy }
    }
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

impl Doctor {
    pub(super) const fn format(&self) -> Format {
        self.output.output
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        let findings = self.look();
        let failed = findings.iter().filter(|finding| finding.state == State::Failed).count();
        let row = |finding: &Finding| {
            json!({
                "check": finding.check,
                "state": finding.state.name(),
                "found": finding.found,
                "remedy": finding.remedy,
            })
        };
        let rows = findings.iter().map(row).collect();
        let columns = &["check", "state", "found", "remedy"];
        Output::new(self.output.output).rows(&Rows { columns, rows })?;
        if failed == 0 {
            return Ok(());
        }
        let checks = if failed == 1 { "check" } else { "checks" };
        Err(CliError::new(Code::DoctorFailed, format!("{failed} {checks} failed")))
    }

    fn look(&self) -> Vec<Finding> {
        let loaded = serve::loader(&self.server, Profile::Standard)
            .and_then(|loader| Ok((loader.origins().len(), loader.build()?)));
        let (given, config) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                let remedy = "correct the setting; ringtide config show --source shows the others";
                return vec![Finding::failed("configuration", format!("{error:#}"), remedy)];
            }
        };
        let mut findings = vec![Finding::ok("configuration", format!("{given} settings given"))];
        let running = disk::is_running(&config.data_dir);
        findings.extend(disk::look(&config, running));
        findings.extend(machine::look(&config));
        findings.extend(network::look(&config, running));
        findings
    }
}

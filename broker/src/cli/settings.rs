//! `ringtide config …`: the settings a broker would start with, and where each comes from.
//!
//! Reads what `ringtide server` reads, in the same order, and speaks to no broker.

use std::path::PathBuf;

use broker_env::crash_safe::read_file;
use broker_env::disk::OsDisk;
use clap::{Args, Subcommand};
use config::{Loader, Profile, describe_broker};
use serde_json::{Value, json};

use super::OutputArgs;
use super::error::{CliError, Code};
use super::output::{Format, Output, Rows};
use crate::serve::{self, ServerArgs};

/// What to do with settings.
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Show the settings that `ringtide server` would start with, given the same arguments.
    Show(Box<Show>),
    /// Check a configuration file.
    Check(Check),
}

/// Show the settings that `ringtide server` would start with, given the same arguments.
#[derive(Debug, Args)]
pub struct Show {
    /// Only settings whose name contains this.
    #[arg(value_name = "PART")]
    part: Option<String>,
    /// Built-in values too.
    #[arg(short, long)]
    all: bool,
    /// Where each value comes from.
    #[arg(short, long)]
    source: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Check a configuration file.
#[derive(Debug, Args)]
pub struct Check {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

impl SettingsCommand {
    pub(super) const fn format(&self) -> Format {
        match self {
            Self::Show(command) => command.output.output,
            Self::Check(command) => command.output.output,
        }
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        match self {
            Self::Show(command) => command.run(),
            Self::Check(command) => command.run(),
        }
    }
}

impl Show {
    fn run(self) -> Result<(), CliError> {
        let loader = serve::loader(&self.server, Profile::Standard)
            .map_err(|error| CliError::new(Code::Configuration, format!("{error:#}")))?;
        let origins = loader.origins();
        let config = loader.build().map_err(|error| unusable(&error))?;
        let part = self.part.unwrap_or_default();
        let entries = describe_broker(&config, &config.layers());
        let rows = entries
            .into_iter()
            .filter(|entry| self.all || origins.contains_key(entry.name))
            .filter(|entry| entry.name.contains(&part))
            .map(|entry| {
                let source = origins.get(entry.name);
                let source = source.map_or_else(|| "built-in".to_owned(), ToString::to_string);
                let hidden = entry.sensitive && entry.value.is_some();
                let value = if hidden { Some("[hidden]".to_owned()) } else { entry.value };
                json!({ "name": entry.name, "value": value, "source": source })
            })
            .collect::<Vec<Value>>();
        if rows.is_empty() && self.output.output == Format::Table && !self.all {
            Output::remark("nothing was given; --all shows the built-in values");
            return Ok(());
        }
        let columns: &[&str] =
            if self.source { &["name", "value", "source"] } else { &["name", "value"] };
        Output::new(self.output.output).rows(&Rows { columns, rows })
    }
}

impl Check {
    fn run(self) -> Result<(), CliError> {
        let name = self.file.display().to_string();
        let missing =
            || CliError::new(Code::Configuration, format!("there is no configuration file {name}"));
        let bytes = read_file(&OsDisk, &self.file)?.ok_or_else(missing)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| CliError::new(Code::Configuration, format!("{name} is not UTF-8")))?;
        let loader =
            Loader::new(Profile::Standard).file(&name, &text).map_err(|error| unusable(&error))?;
        let settings = loader.origins().len();
        loader.build().map_err(|error| unusable(&error))?;
        let rows = vec![json!({ "file": name, "settings": settings, "result": "ok" })];
        let columns = &["file", "settings", "result"];
        Output::new(self.output.output).rows(&Rows { columns, rows })
    }
}

fn unusable(error: &config::LoadError) -> CliError {
    CliError::new(Code::Configuration, error.to_string())
}

//! `ringtide context …`: names for clusters, in a file of the user.
//!
//! The file is `contexts.toml` in the user's configuration directory, or what `RINGTIDE_CONTEXTS`
//! names. It holds addresses and nothing secret. Which cluster a command speaks to: `--bootstrap`
//! or its variable, else `--context` or its variable, else the current context, else localhost.

mod file;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::OutputArgs;
use super::error::{CliError, Code};
use super::output::{Format, Output, Rows};
pub(crate) use file::{Context, Contexts};

/// What to do with contexts.
#[derive(Debug, Subcommand)]
pub enum ContextCommand {
    /// List contexts; the current one is marked.
    #[command(visible_alias = "list")]
    Ls(List),
    /// Make a context the current one.
    Use(Use),
    /// Add a context.
    Add(Add),
    /// Remove a context.
    Rm(Remove),
}

/// List contexts.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    output: OutputArgs,
}

/// Make a context the current one.
#[derive(Debug, Args)]
pub struct Use {
    name: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// Add a context.
#[derive(Debug, Args)]
pub struct Add {
    name: String,
    /// Brokers to begin with, by comma.
    #[arg(short, long, visible_aliases = ["bootstrap-server", "brokers"], value_name = "HOST:PORT")]
    bootstrap: String,
    /// Where a broker serves HTTP, for `ringtide health`.
    #[arg(long, value_name = "HOST:PORT")]
    http: Option<String>,
    /// Make it the current one.
    #[arg(long = "use")]
    select: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Remove a context.
#[derive(Debug, Args)]
pub struct Remove {
    name: String,
    #[command(flatten)]
    output: OutputArgs,
}

impl ContextCommand {
    pub(super) const fn format(&self) -> Format {
        match self {
            Self::Ls(command) => command.output.output,
            Self::Use(command) => command.output.output,
            Self::Add(command) => command.output.output,
            Self::Rm(command) => command.output.output,
        }
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        let output = Output::new(self.format());
        let mut contexts = Contexts::read()?;
        let (name, result) = match self {
            Self::Ls(_) => return list(&contexts, output),
            Self::Use(command) => {
                contexts.get(&command.name)?;
                contexts.current = Some(command.name.clone());
                (command.name, "is current")
            }
            Self::Add(command) => {
                if contexts.named.contains_key(&command.name) {
                    let message = format!("there is a context \"{}\" already", command.name);
                    return Err(CliError::new(Code::ContextExists, message));
                }
                let context = Context { bootstrap: command.bootstrap, http: command.http };
                contexts.named.insert(command.name.clone(), context);
                if command.select {
                    contexts.current = Some(command.name.clone());
                }
                (command.name, "added")
            }
            Self::Rm(command) => {
                contexts.get(&command.name)?;
                contexts.named.remove(&command.name);
                if contexts.current.as_ref() == Some(&command.name) {
                    contexts.current = None;
                }
                (command.name, "removed")
            }
        };
        contexts.write()?;
        let rows = vec![json!({ "name": name, "result": result })];
        output.rows(&Rows { columns: &["name", "result"], rows })
    }
}

fn list(contexts: &Contexts, output: Output) -> Result<(), CliError> {
    let row = |(name, context): (&String, &Context)| -> Value {
        json!({
            "name": name,
            "current": contexts.current.as_ref() == Some(name),
            "bootstrap": context.bootstrap,
            "http": context.http,
        })
    };
    let rows = contexts.named.iter().map(row).collect();
    output.rows(&Rows { columns: &["name", "current", "bootstrap", "http"], rows })
}

//! `ringtide explain CODE`: the page of an error.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::OutputArgs;
use super::error::{CliError, Code};
use super::output::{Format, Output, Rows};

/// Say what the code of an error means and what to do. Without a code, list them.
#[derive(Debug, Args)]
pub struct Explain {
    #[arg(value_name = "CODE")]
    code: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Explain {
    pub(super) const fn format(&self) -> Format {
        self.output.output
    }

    pub(super) fn run(self) -> Result<(), CliError> {
        let Some(name) = self.code else {
            let row = |code: &Code| {
                json!({
                    "code": code.to_string(),
                    "means": means(*code),
                    "exit": code.exit() as u8,
                })
            };
            let rows = Code::ALL.iter().map(row).collect();
            let columns = &["code", "means", "exit"];
            return Output::new(self.output.output).rows(&Rows { columns, rows });
        };
        let Some(code) = Code::named(&name) else {
            return Err(CliError::usage(format!("\"{name}\" is not the code of an error"))
                .hint("ringtide explain lists them"));
        };
        if self.output.output == Format::Table {
            return Ok(std::io::stdout().lock().write_all(code.page().as_bytes())?);
        }
        let rows = vec![json!({
            "code": code.to_string(),
            "means": means(code),
            "exit": code.exit() as u8,
            "page": code.page(),
        })];
        Output::new(self.output.output).rows(&Rows { columns: &[], rows })
    }
}

/// The title of its page.
fn means(code: Code) -> &'static str {
    let title = code.page().lines().next().unwrap_or_default();
    title.split_once(": ").map_or(title, |(_, means)| means)
}

//! Results in the form that was asked for: a table for people; JSON, JSON lines or YAML for
//! programs.
//!
//! A list is one array in JSON and YAML, and one object a line in JSON lines. Sizes are bytes and
//! times are milliseconds everywhere but in tables.

mod yaml;

use std::ffi::OsString;
use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use super::error::CliError;

#[cfg(test)]
mod tests;

/// Form of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    /// One JSON value; lists are arrays.
    Json,
    /// One JSON object a line.
    Jsonl,
    Yaml,
}

impl Format {
    /// What `-o` says on a command line that cannot be understood; a table if it says nothing.
    pub(crate) fn asked_for(words: impl IntoIterator<Item = OsString>) -> Self {
        let words: Vec<_> =
            words.into_iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let next = words.iter().skip(1).map(String::as_str).chain([""]);
        let values = words.iter().zip(next).filter_map(|(word, next)| match word.as_str() {
            "-o" | "--output" => Some(next),
            word => word.strip_prefix("--output=").or_else(|| {
                let value = word.strip_prefix("-o")?;
                Some(value.strip_prefix('=').unwrap_or(value))
            }),
        });
        values.filter_map(|value| Self::from_str(value, false).ok()).last().unwrap_or(Self::Table)
    }

    /// Whether errors are objects.
    pub(crate) const fn is_for_programs(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
}

/// A list of results of one kind.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Keys shown in a table, in this order, under these names.
    pub(crate) columns: &'static [&'static str],
    /// Objects; they may hold more than the columns.
    pub(crate) rows: Vec<Value>,
}

/// Writes results and errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output(Format);

impl Output {
    pub(crate) const fn new(format: Format) -> Self {
        Self(format)
    }

    /// Writes what became of several items; nothing if all of them failed.
    pub(crate) fn results(self, rows: &Rows, failed: usize) -> Result<(), CliError> {
        if rows.rows.is_empty() && failed > 0 { Ok(()) } else { self.rows(rows) }
    }

    /// Writes a list to standard output.
    pub(crate) fn rows(self, rows: &Rows) -> Result<(), CliError> {
        Ok(self.write(rows, &mut io::stdout().lock())?)
    }

    /// Writes plain lines to standard output, for a table's reader.
    pub(crate) fn lines(self, mut lines: impl Iterator<Item = String>) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        Ok(lines.try_for_each(|line| writeln!(out, "{line}"))?)
    }

    fn write(self, rows: &Rows, out: &mut impl Write) -> io::Result<()> {
        match self.0 {
            Format::Table => writeln!(out, "{}", table(rows).trim_fmt()),
            Format::Json => writeln!(out, "{}", Value::Array(rows.rows.clone())),
            Format::Jsonl => rows.rows.iter().try_for_each(|row| writeln!(out, "{row}")),
            Format::Yaml => yaml::write(out, &Value::Array(rows.rows.clone())),
        }
    }

    /// Says on standard error what went wrong. Where that cannot be written, nobody listens.
    pub(crate) fn error(self, error: &CliError) {
        let mut out = io::stderr().lock();
        let _unheard = if self.0.is_for_programs() {
            writeln!(out, "{}", error.to_json())
        } else {
            writeln!(out, "{error}")
        };
    }

    /// A remark for people, on standard error.
    pub(crate) fn remark(text: &str) {
        let _unheard = writeln!(io::stderr().lock(), "{text}");
    }
}

/// A list that is written as it comes: an array in JSON and YAML.
#[derive(Debug)]
pub(crate) struct Stream<W> {
    format: Format,
    out: W,
    written: u64,
}

impl<W: Write> Stream<W> {
    pub(crate) const fn new(format: Format, out: W) -> Self {
        Self { format, out, written: 0 }
    }

    /// Writes one object; `plain` is what a table's reader gets instead.
    pub(crate) fn item(
        &mut self,
        object: impl FnOnce() -> Value,
        plain: impl FnOnce() -> Vec<u8>,
    ) -> io::Result<()> {
        let first = self.written == 0;
        self.written += 1;
        match self.format {
            Format::Table => self.out.write_all(&plain()),
            Format::Json => write!(self.out, "{}{}", if first { "[" } else { ",\n" }, object()),
            Format::Jsonl => writeln!(self.out, "{}", object()),
            Format::Yaml => yaml::write(&mut self.out, &Value::Array(vec![object()])),
        }
    }

    /// Hands what was written on to its reader.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the list.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        match (self.format, self.written) {
            (Format::Json, 0) => writeln!(self.out, "[]")?,
            (Format::Json, _) => writeln!(self.out, "]")?,
            (Format::Yaml, 0) => writeln!(self.out, "[]")?,
            (Format::Table | Format::Jsonl | Format::Yaml, _) => {}
        }
        self.out.flush()
    }
}

fn table(rows: &Rows) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(rows.columns.iter().map(|column| column.to_uppercase().replace('_', " ")));
    for row in &rows.rows {
        table.add_row(rows.columns.iter().map(|column| cell(row.get(column))));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(",")
        }
        Some(other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_))) => other.to_string(),
    }
}

/// Bytes as JSON: text where they are UTF-8, else `{"encoding":"base64","data":…}`.
pub(crate) fn bytes_value(bytes: Option<&[u8]>) -> Value {
    let Some(bytes) = bytes else { return Value::Null };
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(text.to_owned()),
        Err(_) => serde_json::json!({ "encoding": "base64", "data": base64(bytes) }),
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (position, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let index = usize::try_from(group >> shift & 0x3f).unwrap_or_default();
            let letter = ALPHABET.get(index).copied().unwrap_or(b'=');
            text.push(if position <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

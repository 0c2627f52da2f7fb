//! JSON values as YAML, in the small part of the language that every parser reads alike: block
//! lists and maps, JSON's own strings, numbers, `true`, `false`, `null`.

use std::io::{self, Write};

use serde_json::Value;

/// Writes `value` as one document's content.
pub(super) fn write(out: &mut impl Write, value: &Value) -> io::Result<()> {
    write_at(out, value, 0)
}

fn write_at(out: &mut impl Write, value: &Value, depth: usize) -> io::Result<()> {
    match value {
        Value::Array(items) if !items.is_empty() => items.iter().try_for_each(|item| {
            write!(out, "{}-", "  ".repeat(depth))?;
            after_dash(out, item, depth)
        }),
        Value::Object(map) if !map.is_empty() => map.iter().try_for_each(|(key, value)| {
            write!(out, "{}{}:", "  ".repeat(depth), plain_or_quoted(key))?;
            after_colon(out, value, depth)
        }),
        scalar => writeln!(out, "{}{scalar}", "  ".repeat(depth)),
    }
}

/// A map's first key stands behind the dash, the others below it.
fn after_dash(out: &mut impl Write, item: &Value, depth: usize) -> io::Result<()> {
    match item {
        Value::Object(map) if !map.is_empty() => {
            for (index, (key, value)) in map.iter().enumerate() {
                let indent = if index == 0 { " ".to_owned() } else { "  ".repeat(depth + 1) };
                write!(out, "{indent}{}:", plain_or_quoted(key))?;
                after_colon(out, value, depth + 1)?;
            }
            Ok(())
        }
        Value::Array(items) if !items.is_empty() => {
            writeln!(out)?;
            write_at(out, item, depth + 1)
        }
        scalar => writeln!(out, " {scalar}"),
    }
}

fn after_colon(out: &mut impl Write, value: &Value, depth: usize) -> io::Result<()> {
    match value {
        Value::Array(items) if !items.is_empty() => {
            writeln!(out)?;
            write_at(out, value, depth + 1)
        }
        Value::Object(map) if !map.is_empty() => {
            writeln!(out)?;
            write_at(out, value, depth + 1)
        }
        scalar => writeln!(out, " {scalar}"),
    }
}

/// Our own keys are plain words; any other is quoted as JSON.
fn plain_or_quoted(key: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    if !key.is_empty() && key.chars().all(plain) && !matches!(key, "null" | "true" | "false") {
        key.to_owned()
    } else {
        Value::String(key.to_owned()).to_string()
    }
}

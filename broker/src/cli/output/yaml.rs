//! JSON values as YAML, in the small part of the language that every parser reads alike: block
//! lists and maps, JSON's own strings, numbers, `true`, `false`, `null`.

use std::io::{self, Write};

use serde_json::{Map, Value};

/// Writes `value` as one document's content.
pub(super) fn write(out: &mut impl Write, value: &Value) -> io::Result<()> {
    write_at(out, value, 0)
}

fn write_at(out: &mut impl Write, value: &Value, depth: usize) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    if let Some(items) = filled_list(value) {
        items.iter().try_for_each(|item| {
            write!(out, "{indent}-")?;
            after_dash(out, item, depth)
        })
    } else if let Some(map) = filled_map(value) {
        map.iter().try_for_each(|(key, value)| {
            write!(out, "{indent}{}:", plain_or_quoted(key))?;
            after_colon(out, value, depth)
        })
    } else {
        writeln!(out, "{indent}{value}")
    }
}

/// A map's first key stands behind the dash, the others below it.
fn after_dash(out: &mut impl Write, item: &Value, depth: usize) -> io::Result<()> {
    let Some(map) = filled_map(item) else { return after_colon(out, item, depth) };
    for (index, (key, value)) in map.iter().enumerate() {
        let indent = if index == 0 { " ".to_owned() } else { "  ".repeat(depth + 1) };
        write!(out, "{indent}{}:", plain_or_quoted(key))?;
        after_colon(out, value, depth + 1)?;
    }
    Ok(())
}

fn after_colon(out: &mut impl Write, value: &Value, depth: usize) -> io::Result<()> {
    if filled_list(value).is_none() && filled_map(value).is_none() {
        return writeln!(out, " {value}");
    }
    writeln!(out)?;
    write_at(out, value, depth + 1)
}

/// An empty list is written as JSON writes it.
fn filled_list(value: &Value) -> Option<&Vec<Value>> {
    value.as_array().filter(|items| !items.is_empty())
}

fn filled_map(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object().filter(|map| !map.is_empty())
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

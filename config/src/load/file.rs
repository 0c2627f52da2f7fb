//! The TOML file: nested tables become dotted names, so that `[ring] size = "1GiB"`,
//! `ring.size = "1GiB"` and `"ring.size" = "1GiB"` say the same.

use toml::{Table, Value};

use super::{LoadError, Origin};
use crate::listener::{Listener, ListenerError, check_name};

type Parsed = (Vec<(String, String)>, Option<Vec<Listener>>);

/// The settings of a file by dotted name, and its `[[listeners]]` tables.
pub(super) fn parse(path: &str, text: &str) -> Result<Parsed, LoadError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| LoadError::Syntax {
        path: path.to_owned(),
        message: error.to_string().trim_end().to_owned(),
    })?;
    let mut values = Vec::new();
    let mut listeners = None;
    for (name, value) in table {
        let tables = value.as_array().filter(|items| items.iter().any(Value::is_table));
        if name == "listeners"
            && let Some(tables) = tables
        {
            listeners = Some(parse_listeners(path, tables)?);
        } else {
            flatten(name, &value, &mut values);
        }
    }
    Ok((values, listeners))
}

fn flatten(name: String, value: &Value, into: &mut Vec<(String, String)>) {
    if let Some(table) = value.as_table() {
        for (key, value) in table {
            flatten(format!("{name}.{key}"), value, into);
        }
    } else if let Some(items) = value.as_array() {
        into.push((name, items.iter().map(plain).collect::<Vec<_>>().join(",")));
    } else {
        into.push((name, plain(value)));
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn parse_listeners(path: &str, items: &[Value]) -> Result<Vec<Listener>, LoadError> {
    let origin = Origin::File(path.to_owned());
    let refuse = |error| LoadError::Listener { origin: origin.clone(), error };
    items
        .iter()
        .map(|item| {
            let table = item.as_table().ok_or_else(|| refuse(ListenerError::None))?;
            parse_listener(table, &origin)
        })
        .collect()
}

fn parse_listener(table: &Table, origin: &Origin) -> Result<Listener, LoadError> {
    const KEYS: [&str; 4] = ["name", "bind", "protocol", "advertised"];
    let refuse = |error| LoadError::Listener { origin: origin.clone(), error };
    if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(LoadError::Unknown {
            origin: origin.clone(),
            name: format!("listeners.{unknown}"),
            suggestion: crate::suggest::closest(unknown, KEYS)
                .map(|key| format!("listeners.{key}")),
        });
    }
    let text = |key: &str| table.get(key).map(plain);
    let name = text("name").unwrap_or_else(|| "PLAINTEXT".to_owned());
    check_name(&name).map_err(refuse)?;
    let bind = text("bind").unwrap_or_default();
    let mut listener = Listener::plaintext(&name, bind.parse().map_err(refuse)?);
    if let Some(protocol) = text("protocol") {
        listener.protocol = protocol.parse().map_err(refuse)?;
    }
    if let Some(advertised) = text("advertised") {
        let one = std::slice::from_ref(&listener);
        let parsed = crate::listener::parse_advertised(&advertised, one).map_err(refuse)?;
        if let Some((_, address)) = parsed.into_iter().next() {
            listener.advertised = address;
            listener.advertised_given = true;
        }
    }
    Ok(listener)
}

/// "64MiB", "1 GiB", "1048576" as plain bytes.
pub(super) fn plain_bytes(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim_end();
    let unit = text.get(digits.len()..)?.trim();
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor).map(|bytes| bytes.to_string())
}

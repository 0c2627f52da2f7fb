//! The file of contexts: read whole, replaced whole.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use broker_env::crash_safe::{read_file, replace_file};
use broker_env::disk::{Disk, OsDisk};
use toml::{Table, Value};

use crate::cli::error::{CliError, Code};

#[cfg(test)]
mod tests;

/// The addresses of one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) bootstrap: String,
    pub(crate) http: Option<String>,
}

/// Everything the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contexts {
    path: PathBuf,
    pub(crate) current: Option<String>,
    pub(crate) named: BTreeMap<String, Context>,
}

impl Contexts {
    /// Reads the user's file; none is the same as an empty one.
    pub(crate) fn read() -> Result<Self, CliError> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let given = variable("RINGTIDE_CONTEXTS").map(PathBuf::from);
        let home = || variable("HOME").map(|home| PathBuf::from(home).join(".config"));
        let dir = || variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
        let path = given.or_else(|| dir().map(|dir| dir.join("ringtide/contexts.toml")));
        // Without a home there is no file, and nothing to read from it.
        path.map_or_else(|| Ok(Self::default()), |path| Self::at(&path))
    }

    fn at(path: &Path) -> Result<Self, CliError> {
        let empty = Self { path: path.to_owned(), ..Self::default() };
        let Some(bytes) = read_file(&OsDisk, path)? else { return Ok(empty) };
        let malformed = |what: String| {
            let message = format!("{} cannot be read as contexts: {what}", path.display());
            CliError::new(Code::ContextsMalformed, message)
        };
        let text = String::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
        let table: Table =
            text.parse().map_err(|error: toml::de::Error| malformed(error.to_string()))?;
        let text =
            |table: &Table, key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut named = BTreeMap::new();
        for (name, value) in table.get("contexts").and_then(Value::as_table).into_iter().flatten() {
            let context = value.as_table().and_then(|table| {
                Some(Context { bootstrap: text(table, "bootstrap")?, http: text(table, "http") })
            });
            let context = context.ok_or_else(|| malformed(format!("{name} has no bootstrap")))?;
            named.insert(name.clone(), context);
        }
        Ok(Self { current: text(&table, "current"), named, ..empty })
    }

    /// Replaces the file.
    pub(crate) fn write(&self) -> Result<(), CliError> {
        let Some(dir) = self.path.parent() else {
            let message = "there is no home directory for the file of contexts";
            return Err(CliError::new(Code::Io, message).hint("set RINGTIDE_CONTEXTS=FILE"));
        };
        let mut text = String::new();
        // TOML's basic strings are written as JSON's are.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let write = |text: &mut String| {
            if let Some(current) = &self.current {
                writeln!(text, "current = {}\n", quoted(current))?;
            }
            for (name, context) in &self.named {
                writeln!(text, "[contexts.{}]", quoted(name))?;
                writeln!(text, "bootstrap = {}", quoted(&context.bootstrap))?;
                if let Some(http) = &context.http {
                    writeln!(text, "http = {}", quoted(http))?;
                }
                writeln!(text)?;
            }
            Ok::<(), std::fmt::Error>(())
        };
        write(&mut text).map_err(|error| CliError::failed(error.to_string()))?;
        OsDisk.create_dir_all(dir)?;
        Ok(replace_file(&OsDisk, &self.path, text.as_bytes())?)
    }

    /// The context of this name.
    pub(crate) fn get(&self, name: &str) -> Result<&Context, CliError> {
        self.named.get(name).ok_or_else(|| {
            let error =
                CliError::new(Code::ContextNotFound, format!("there is no context \"{name}\""));
            match config::closest(name, self.named.keys().map(String::as_str)) {
                Some(close) => error.hint(format!("did you mean \"{close}\"?")),
                None => error.hint("ringtide context ls shows the contexts there are"),
            }
        })
    }

    /// The context that applies: the one asked for, else the current one.
    pub(crate) fn applying(asked: Option<&str>) -> Result<Option<Context>, CliError> {
        let contexts = Self::read()?;
        let name = asked.or(contexts.current.as_deref());
        name.map(|name| contexts.get(name).cloned()).transpose()
    }
}

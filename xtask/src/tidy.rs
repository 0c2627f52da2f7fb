//! `tidy`: what the compiler and clippy do not see. Module docs, file names and sizes, leftovers,
//! links between our pages, tests that pages name.
//!
//! It looks at tracked files only and reports every fault at once, each with the rule it breaks.

mod kips;
mod test_names;
mod traps;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::process;

const LINES_MAX: usize = 500;
const BANNED_NAMES: &[&str] =
    &["util", "utils", "common", "manager", "misc", "helper", "helpers", "mod"];
/// Written in halves so that this file does not find itself.
const LEFTOVERS: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "finish it, or open an issue"),
    (concat!("FIX", "ME"), "finish it, or open an issue"),
    (concat!("todo", "!("), "finish it"),
    (concat!("unimplemented", "!("), "finish it"),
    (concat!("#[ign", "ore"), "a test that does not run proves nothing"),
    (concat!("#[al", "low("), "use #[expect(.., reason = \"..\")]"),
];
const FOREIGN: &[(&str, &str)] = &[
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("artifact", "ory"), "a registry's host"),
];

pub(crate) fn run() -> Result<()> {
    let listing = process::output(&mut process::command("git", &["ls-files"]))?;
    let mut faults = vec![];
    let mut count = 0usize;
    let (mut tests, mut kips, mut traps) = (BTreeMap::new(), String::new(), String::new());
    for path in listing.lines().map(Path::new) {
        // A tracked file may be gone from the tree of somebody who is moving it.
        let Ok(bytes) = fs::read(process::root().join(path)) else { continue };
        count += 1;
        check_name(path, &mut faults);
        if let Ok(text) = String::from_utf8(bytes) {
            check_text(path, &text, &mut faults);
            if path.extension().is_some_and(|extension| extension == "rs") {
                let names = test_names::in_file(&text).into_iter().map(str::to_owned).collect();
                tests.insert(path.display().to_string(), names);
            }
            if path == Path::new(kips::PAGE) {
                kips = text;
            } else if path == Path::new(traps::PAGE) {
                traps = text;
            }
        }
    }
    let is_crate = |path: &Path| process::root().join(path).join("Cargo.toml").exists();
    faults.extend(kips::faults(&kips, &tests.values().flatten().cloned().collect(), &is_crate));
    faults.extend(traps::faults(&traps, &tests));
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    println!("tidy: {count} files");
    Ok(())
}

fn check_name(path: &Path, faults: &mut Vec<String>) {
    for part in path.with_extension("").components() {
        let name = part.as_os_str().to_string_lossy();
        if BANNED_NAMES.contains(&name.as_ref()) {
            faults.push(format!("{}: `{name}` names no one thing", path.display()));
        }
    }
}

fn check_text(path: &Path, text: &str, faults: &mut Vec<String>) {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    match extension {
        "rs" => check_rust(path, text, faults),
        "md" => check_links(path, text, faults),
        _ => {}
    }
    if matches!(extension, "rs" | "md" | "toml" | "py" | "java" | "sh") {
        for (words, why) in FOREIGN {
            if let Some(line) = line_of(text, words) {
                faults.push(format!("{}:{line}: {words}: {why}", path.display()));
            }
        }
    }
}

fn check_rust(path: &Path, text: &str, faults: &mut Vec<String>) {
    // What `foo/tests.rs` is about, `foo.rs` beside it says.
    let first = text.lines().find(|line| !line.trim().is_empty());
    if !path.ends_with("tests.rs") && !first.is_some_and(|line| line.starts_with("//!")) {
        faults.push(format!("{}:1: no module doc", path.display()));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX && !is_test(path) {
        faults.push(format!("{}: {lines} lines, more than {LINES_MAX}", path.display()));
    }
    for (words, remedy) in LEFTOVERS {
        if let Some(line) = line_of(text, words) {
            faults.push(format!("{}:{line}: {words}: {remedy}", path.display()));
        }
    }
}

/// Links to files of the repository must lead somewhere.
fn check_links(path: &Path, text: &str, faults: &mut Vec<String>) {
    let folder = process::root().join(path.parent().unwrap_or_else(|| Path::new("")));
    for rest in text.split("](").skip(1) {
        let Some((target, _)) = rest.split_once(')') else { continue };
        let file = target.split('#').next().unwrap_or("");
        let outside = file.is_empty() || file.contains("://") || file.contains(' ');
        if !outside && !folder.join(file).exists() {
            faults.push(format!("{}: link to {file} leads nowhere", path.display()));
        }
    }
}

fn is_test(path: &Path) -> bool {
    path.ends_with("tests.rs")
        || path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests")))
}

fn line_of(text: &str, words: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(words)).map(|index| index + 1)
}

#[cfg(test)]
mod tests;

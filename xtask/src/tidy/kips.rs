//! The table of KIPs in `docs/compatibility.md`: what is said to be served names a test that exists.
//!
//! A row is `| KIP | what | status | owner | test |`. `served` needs an owner that is a crate of the
//! tree and tests by the name of their function or case; `later` and `no` need neither.

use std::collections::BTreeSet;
use std::path::Path;

#[cfg(test)]
mod tests;

/// Where the table stands.
pub(super) const PAGE: &str = "docs/compatibility.md";
const HEAD: &str = "| KIP | what | status | owner | test |";

/// Names of functions and of cases in a file of Rust.
pub(super) fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let after = |marker: &'static str| {
        text.split(marker).skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            &rest[..end.unwrap_or(rest.len())]
        })
    };
    after("fn ").chain(after("#[case::"))
}

/// What is wrong with the table in `page`; `is_crate` tells whether a folder is one.
pub(super) fn faults(
    page: &str,
    names: &BTreeSet<String>,
    is_crate: &dyn Fn(&Path) -> bool,
) -> Vec<String> {
    let rows: Vec<&str> = page
        .lines()
        .skip_while(|line| *line != HEAD)
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    if rows.is_empty() {
        return vec![format!("{PAGE}: no table of KIPs under `{HEAD}`")];
    }
    rows.iter()
        .filter_map(|row| Some(format!("{PAGE}: {row}: {}", fault(row, names, is_crate)?)))
        .collect()
}

fn fault(row: &str, names: &BTreeSet<String>, is_crate: &dyn Fn(&Path) -> bool) -> Option<String> {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [_, _, status, owner, tests] = cells[..] else {
        return Some(format!("{} cells instead of five", cells.len()));
    };
    match status {
        "later" | "no" => return None,
        "served" => {}
        other => return Some(format!("status {other} is none of served, later, no")),
    }
    if !is_crate(Path::new(owner.trim_matches('`'))) {
        return Some(format!("{owner} is no crate"));
    }
    let tests: Vec<&str> = tests.split(',').map(|test| test.trim().trim_matches('`')).collect();
    let missing = tests.iter().find(|test| !names.contains(**test))?;
    Some(format!("there is no test {missing:?}"))
}

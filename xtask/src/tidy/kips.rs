//! The table of KIPs in `docs/compatibility.md`: what is said to be served names a test that exists.
//!
//! A row is `| KIP | what | status | owner | test |`. `served` needs an owner that is a crate of the
//! tree and tests by the name of their function or case; `later` and `no` need neither, but `later` must not
//! speak of an api that the table of served ones lists.

use std::collections::BTreeSet;
use std::path::Path;

#[cfg(test)]
mod tests;

/// Where the table stands.
pub(super) const PAGE: &str = "docs/compatibility.md";
const HEAD: &str = "| KIP | what | status | owner | test |";
const SERVED: &str = "| api | versions | remarks |";

/// What is wrong with the table in `page`; `names` are those of tests, `is_crate` tells whether a folder is one.
pub(super) fn faults(
    page: &str,
    names: &BTreeSet<String>,
    is_crate: &dyn Fn(&Path) -> bool,
) -> Vec<String> {
    let rows: Vec<&str> = table(page, HEAD).collect();
    let served: BTreeSet<&str> = table(page, SERVED)
        .filter_map(|row| row.trim_matches('|').split('|').next())
        .flat_map(|apis| apis.split(',').map(str::trim))
        .collect();
    if rows.is_empty() {
        return vec![format!("{PAGE}: no table of KIPs under `{HEAD}`")];
    }
    rows.iter()
        .filter_map(|row| Some(format!("{PAGE}: {row}: {}", fault(row, names, &served, is_crate)?)))
        .collect()
}

/// The rows under a heading.
fn table<'a>(page: &'a str, head: &str) -> impl Iterator<Item = &'a str> {
    let from_head = page.lines().skip_while(move |line| *line != head);
    from_head.skip(2).take_while(|line| line.starts_with('|'))
}

fn fault(
    row: &str,
    names: &BTreeSet<String>,
    served: &BTreeSet<&str>,
    is_crate: &dyn Fn(&Path) -> bool,
) -> Option<String> {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [_, what, status, owner, tests] = cells[..] else {
        return Some(format!("{} cells instead of five", cells.len()));
    };
    match status {
        "later" => {
            let mut words = what.split(|c: char| !c.is_ascii_alphanumeric());
            let api = words.find(|word| served.contains(word))?;
            return Some(format!("{api} is served already"));
        }
        "no" => return None,
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

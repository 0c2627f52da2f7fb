//! The table of `docs/traps.md`: each trap has a test of its number in a place that its row names, and
//! each place holds one.
//!
//! A row is `| numbers | what | places |`. A place is a path to test files with folders left out
//! (`wire/guard` is `protocol/wire/src/guard/tests.rs`); a row without places waits for something. A test's
//! name begins with its numbers: `trap_35_…`, `traps_35_and_36_…`, `traps_2_to_4_…`.

use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
mod tests;

/// Where the table stands.
pub(super) const PAGE: &str = "docs/traps.md";
const HEAD: &str = "| trap | what | tested in |";

/// What is wrong with the table in `page`; `tests` are the names of tests by file.
pub(super) fn faults(page: &str, tests: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let numbers: BTreeMap<&str, BTreeSet<u32>> = tests
        .iter()
        .map(|(path, names)| (path.as_str(), names.iter().flat_map(|name| of_name(name)).collect()))
        .collect();
    let rows: Vec<&str> = page
        .lines()
        .skip_while(|line| *line != HEAD)
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    if rows.is_empty() {
        return vec![format!("{PAGE}: no table of traps under `{HEAD}`")];
    }
    let of_row = |row: &&str| {
        let faults = row_faults(row, &numbers);
        faults.into_iter().map(|fault| format!("{PAGE}: {row}: {fault}")).collect::<Vec<_>>()
    };
    rows.iter().flat_map(of_row).collect()
}

fn row_faults(row: &str, numbers: &BTreeMap<&str, BTreeSet<u32>>) -> Vec<String> {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [traps, _, places] = cells[..] else {
        return vec![format!("{} cells instead of three", cells.len())];
    };
    let Some(mut missing) = of_cell(traps) else {
        return vec![format!("{traps} are no numbers")];
    };
    let all = missing.clone();
    let mut faults = vec![];
    let places: Vec<&str> = places.split('`').skip(1).step_by(2).collect();
    for place in &places {
        let here: BTreeSet<u32> = numbers
            .iter()
            .filter(|(path, _)| is_at(path, place))
            .flat_map(|(_, numbers)| numbers & &all)
            .collect();
        if here.is_empty() {
            faults.push(format!("no test of it in {place}"));
        }
        missing = &missing - &here;
    }
    if !places.is_empty() && !missing.is_empty() {
        faults.push(format!("no test of {missing:?}"));
    }
    faults
}

/// Whether the parts of `place` are parts of `path`, in this order.
fn is_at(path: &str, place: &str) -> bool {
    let mut parts = path.trim_end_matches(".rs").split('/');
    place.split('/').all(|wanted| parts.any(|part| part == wanted))
}

/// `8, 9`, `2–4`.
fn of_cell(cell: &str) -> Option<BTreeSet<u32>> {
    let mut numbers = BTreeSet::new();
    for part in cell.split(", ") {
        let (first, last) = part.split_once('–').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        numbers.extend(first..=last);
    }
    Some(numbers)
}

/// The numbers that a test's name begins with.
fn of_name(name: &str) -> BTreeSet<u32> {
    let mut numbers = BTreeSet::new();
    let Some(rest) = name.strip_prefix("trap_").or_else(|| name.strip_prefix("traps_")) else {
        return numbers;
    };
    let mut from = None;
    for word in rest.split('_') {
        match (word, word.parse()) {
            (_, Ok(number)) => numbers.extend(from.take().unwrap_or(number)..=number),
            ("to", _) => from = numbers.last().copied(),
            ("and", _) => {}
            _ => break,
        }
    }
    numbers
}

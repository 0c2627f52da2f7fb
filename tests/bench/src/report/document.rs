//! The document that keeps reports: hand-written words, then the newest runs. Older runs get a file
//! each in a folder beside it.

use std::path::Path;

use anyhow::Result;

/// What stands in front of it is written by hand and stays.
const MARK: &str = "<!-- measured -->\n";
/// Runs that the document itself holds.
const KEPT: usize = 2;
/// The folder of older runs, beside the document.
const FOLDER: &str = "benchmarks";

/// Puts a report in front of the earlier ones in `path`.
pub(super) fn add(path: &Path, report: &str) -> Result<()> {
    let known = std::fs::read_to_string(path).unwrap_or_default();
    let (document, older) = insert(&known, report);
    let folder = path.with_file_name(FOLDER);
    for (name, text) in older {
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), text)?;
    }
    Ok(std::fs::write(path, document)?)
}

/// The new document, and the name and text of every file of a run that it has no room for.
fn insert(known: &str, report: &str) -> (String, Vec<(String, String)>) {
    let (front, back) = known.split_once(MARK).unwrap_or((known, ""));
    let mut runs = vec![report.trim()];
    runs.extend(back.split("\n## ").map(str::trim).filter(|run| !run.is_empty()));
    let headed = |run: &str| format!("## {}", run.trim_start_matches("## "));
    let kept: Vec<String> = runs.iter().take(KEPT).map(|run| headed(run)).collect();
    let older = runs.iter().skip(KEPT).map(|run| file(&headed(run))).collect();
    (format!("{front}{MARK}\n{}\n", kept.join("\n\n")), older)
}

/// A run as a file of its own: headings one level up, links from within the folder.
fn file(run: &str) -> (String, String) {
    let title = run.lines().next().unwrap_or_default();
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    let raise = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with('#') => rest.to_owned(),
        _ => line.replace(&format!("]({FOLDER}/"), "]("),
    };
    let text: Vec<String> = run.lines().map(raise).collect();
    (format!("{name}.md"), text.join("\n") + "\n")
}

#[cfg(test)]
mod tests;

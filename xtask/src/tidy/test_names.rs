//! The names of tests in a file of Rust: functions under `#[test]` or `#[rstest]`, and cases of the latter.
//!
//! It reads lines as rustfmt leaves them; a function of the same name that is no test is not found.

#[cfg(test)]
mod tests;

const TEST: [&str; 3] = ["#[test]", "#[rstest]", "#[tokio::test"];
const FUNCTION: [&str; 3] = ["fn ", "async fn ", "pub(crate) fn "];

/// Names of tests and of cases, in the order of the file.
pub(super) fn in_file(text: &str) -> Vec<&str> {
    let mut names = vec![];
    let mut is_test = false;
    for line in text.lines().map(str::trim_start) {
        is_test |= TEST.iter().any(|attribute| line.starts_with(attribute));
        if let Some(case) = line.strip_prefix("#[case::") {
            names.push(identifier(case));
        } else if let Some(rest) = FUNCTION.iter().find_map(|words| line.strip_prefix(words)) {
            if is_test {
                names.push(identifier(rest));
            }
            is_test = false;
        }
    }
    names
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

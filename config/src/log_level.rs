//! What `logging.level` may say: `info`, or `info,broker_wal=debug`.
//!
//! The broker hands the text to a library that takes a word it does not know for the name of a
//! module, to be logged in full. So only words that are levels may stand alone.

const LEVELS: [&str; 12] =
    ["off", "error", "warn", "info", "debug", "trace", "0", "1", "2", "3", "4", "5"];

/// Whether every item is a level or `module=level`.
///
/// # Errors
/// Which one is not; the text ends a sentence.
pub(crate) fn check_levels(text: &str) -> Result<(), String> {
    text.split(',').try_for_each(check_item)
}

fn check_item(item: &str) -> Result<(), String> {
    let (module, level) = match item.split_once('=') {
        Some((module, level)) => (Some(module), level),
        None => (None, item),
    };
    if !LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)) {
        let names = "off, error, warn, info, debug or trace";
        return Err(format!("\"{level}\" is no level; give {names}, alone or as module=level"));
    }
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || "_:-.".contains(c);
    match module {
        Some(module) if module.is_empty() || !module.chars().all(part_of_name) => {
            Err(format!("\"{module}\" is no name of a module; write module=level without blanks"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("info")]
    #[case("INFO,broker_wal=Debug")]
    #[case("off,broker_wal::ring=5")]
    #[case("broker_wal=trace")]
    fn a_level_stands_alone_or_for_a_module(#[case] text: &str) {
        assert_eq!(check_levels(text), Ok(()));
    }

    #[rstest]
    #[case("")]
    #[case("warning")]
    #[case("infos")]
    #[case("6")]
    #[case("info,")]
    #[case("info,broker_wal")]
    #[case("info,broken=loud")]
    #[case("info,broker_wal=")]
    #[case("info,=debug")]
    #[case("info, broker_wal=debug")]
    #[case("broker_wal=info=debug")]
    #[case("broker_wal[{field}]=debug")]
    fn anything_else_is_refused(#[case] text: &str) {
        assert!(check_levels(text).is_err());
    }
}

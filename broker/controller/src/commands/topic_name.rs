//! Which names a topic may have, with Kafka's wording.

use protocol_types::ErrorCode;

use crate::error::CommandError;

/// Longest name, in characters.
pub const NAME_MAX: usize = 249;

/// Checks a topic's name.
///
/// # Errors
/// INVALID_TOPIC_EXCEPTION.
pub fn validate(name: &str) -> Result<(), CommandError> {
    match defect(name) {
        None => Ok(()),
        Some(what) => Err(CommandError::new(
            ErrorCode::InvalidTopicException,
            format!("Topic name is invalid: {what}"),
        )),
    }
}

fn defect(name: &str) -> Option<String> {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() {
        Some("the empty string is not allowed".to_owned())
    } else if name == "." || name == ".." {
        Some(format!("'{name}' is not allowed"))
    } else if name.chars().count() > NAME_MAX {
        Some(format!("the length of '{name}' is longer than the max allowed length {NAME_MAX}"))
    } else if !name.chars().all(valid) {
        Some(format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' \
             and '-'"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a", true)]
    #[case("a.b_c-D9", true)]
    #[case("__consumer_offsets", true)]
    #[case("...", true)]
    #[case("", false)]
    #[case(".", false)]
    #[case("..", false)]
    #[case("a b", false)]
    #[case("a/b", false)]
    #[case("ä", false)]
    fn names_are_kafkas(#[case] name: &str, #[case] valid: bool) {
        assert_eq!(validate(name).is_ok(), valid);
    }

    #[test]
    fn trap_96_249_characters_pass_and_250_fail() {
        assert_eq!(validate(&"x".repeat(249)), Ok(()));
        let error = validate(&"x".repeat(250)).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidTopicException);
        assert!(error.message.ends_with("is longer than the max allowed length 249"));
    }
}

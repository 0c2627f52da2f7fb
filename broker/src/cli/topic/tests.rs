use rstest::rstest;

use super::*;
use crate::cli::error::Exit;

fn error(code: Code, message: &str) -> CliError {
    CliError::new(code, message)
}

#[rstest]
#[case(vec![], 2, None)]
#[case(vec![error(Code::Exists, "a")], 1, Some(Exit::Conflict))]
#[case(vec![error(Code::Exists, "a")], 2, Some(Exit::Partial))]
#[case(vec![error(Code::TopicNotFound, "a"), error(Code::TopicNotFound, "b")], 2, Some(Exit::NotFound))]
#[case(vec![error(Code::TopicNotFound, "a"), error(Code::Refused, "b")], 2, Some(Exit::Partial))]
fn several_items_end_in_one_exit_code(
    #[case] errors: Vec<CliError>,
    #[case] of: usize,
    #[case] exit: Option<Exit>,
) {
    let messages: Vec<String> = errors.iter().map(|error| error.message().to_owned()).collect();
    let result = partial(errors, of);
    assert_eq!(result.as_ref().err().map(CliError::exit), exit);
    if let Err(error) = result {
        assert_eq!(error.message(), messages.join("; "));
    }
}

#[rstest]
#[case("a=b", Ok(("a", "b")))]
#[case("a=b=c", Ok(("a", "b=c")))]
#[case("a=", Ok(("a", "")))]
#[case("a", Err(()))]
#[case("=b", Err(()))]
fn pairs_are_split_at_the_first_sign(#[case] text: &str, #[case] pair: Result<(&str, &str), ()>) {
    let parsed = key_value(text).map_err(|_| ());
    assert_eq!(parsed, pair.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

use rstest::rstest;

use super::*;

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

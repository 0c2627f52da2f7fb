use rstest::rstest;

use super::*;

#[rstest]
#[case::whole("a", "a", true)]
#[case::not_a_part("a", "ab", false)]
#[case::alternatives("a|bc", "bc", true)]
#[case::alternatives_are_whole("a|bc", "abc", false)]
#[case::class("flights-[0-9]+", "flights-12", true)]
#[case::case("(?i)FLIGHTS", "flights", true)]
#[case::perl(r"\w+\.\d", "a_b.1", true)]
#[case::quoted(r"\Qa.b\E.*", "a.bc", true)]
#[case::quoted_literally(r"\Qa.b\E", "axb", false)]
#[case::quoted_to_the_end(r"a\Q.*", "a.*", true)]
#[case::an_escaped_backslash_quotes_nothing(r"\\Q", r"\Q", true)]
#[case::unicode(r"\pL+", "abc", true)]
fn expressions_match_whole_names(#[case] text: &str, #[case] name: &str, #[case] matches: bool) {
    assert_eq!(compile(text).unwrap().is_match(name), matches);
}

#[rstest]
#[case::class("a[")]
#[case::group("(a")]
#[case::closing("a)")]
#[case::repetition("*")]
#[case::look_around("a(?=b)")]
#[case::back_reference(r"(a)\1")]
#[case::too_big("((a{1000}){1000}){1000}")]
fn what_is_no_expression_is_refused(#[case] text: &str) {
    let refusal = compile(text).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::InvalidRegularExpression);
    assert!(refusal.message.starts_with("SubscribedTopicRegex `"), "{}", refusal.message);
}

#[test]
fn an_expression_longer_than_the_limit_is_refused() {
    assert!(compile(&"a".repeat(LENGTH_MAX)).is_ok());
    assert!(compile(&"a".repeat(LENGTH_MAX + 1)).is_err());
}

/// What makes a backtracking matcher run for years.
#[test]
fn nested_repetition_takes_no_time() {
    let regex = compile("(a*)*(a*)*b").unwrap();
    assert!(!regex.is_match(&"a".repeat(249)));
}

use rstest::rstest;

use super::*;

#[rstest]
#[case("", "", "anything", true)]
#[case("a,b*", "", "a", true)]
#[case("a,b*", "", "bcd", true)]
#[case("a,b*", "", "ab", false)]
#[case("", "__*", "__consumer_offsets", false)]
#[case("*", "*-tmp", "x-tmp", false)]
#[case("orders*eu", "", "orders.v2.eu", true)]
#[case("orders*eu", "", "orders.v2.us", false)]
fn names_are_filtered_by_patterns(
    #[case] include: &str,
    #[case] exclude: &str,
    #[case] name: &str,
    #[case] admitted: bool,
) {
    assert_eq!(NameFilter::new(include, exclude).admits(name), admitted);
}

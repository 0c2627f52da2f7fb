use super::*;

#[test]
fn tests_and_cases_are_found_and_nothing_else() {
    let text = "//! Has `fn in_words()`.\n\
        fn helper() {}\n\
        #[test]\n/// Why.\nfn plain() { fn inner() {} }\n\
        fn after() {}\n\
        mod of {\n    #[rstest]\n    #[case::first(1)]\n    #[case(\n        |x| x,\n    )]\n    \
        #[case::second]\n    async fn many(#[case] x: u8) {}\n}\n\
        #[tokio::test(flavor = \"current_thread\")]\nasync fn waits() {}\n";
    assert_eq!(in_file(text), ["plain", "first", "second", "many", "waits"]);
}

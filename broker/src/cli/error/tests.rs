use rstest::rstest;

use super::*;

#[rstest]
#[case(ErrorCode::UnknownTopicOrPartition, Exit::NotFound)]
#[case(ErrorCode::TopicAlreadyExists, Exit::Conflict)]
#[case(ErrorCode::TopicAuthorizationFailed, Exit::Forbidden)]
#[case(ErrorCode::InvalidConfig, Exit::Failed)]
#[case(ErrorCode::RequestTimedOut, Exit::Unreachable)]
fn a_brokers_refusal_has_its_exit_code(#[case] code: ErrorCode, #[case] exit: Exit) {
    assert_eq!(CliError::refused("topic \"a\"", code.to_wire(), None).exit(), exit);
}

#[test]
fn a_refusal_reads_what_why_and_what_to_do() {
    let code = ErrorCode::UnknownTopicOrPartition.to_wire();
    let error = CliError::refused("topic \"orders\"", code, Some("This server does not host it."));
    assert_eq!(
        error.to_string(),
        "error[RT0201]: topic \"orders\": This server does not host it. (UNKNOWN_TOPIC_OR_PARTITION)\n\
         hint: ringtide topic ls shows the topics there are\n\
         see: ringtide explain RT0201"
    );
    assert_eq!(error.to_json()["code"], "RT0201");
    assert_eq!(error.to_json()["kafka"], "UNKNOWN_TOPIC_OR_PARTITION");
    assert_eq!(error.to_json()["exit"], 4);
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let error = CliError::from(io::Error::from(io::ErrorKind::BrokenPipe));
    assert!(error.is_silent());
    assert_eq!(error.exit(), Exit::Ok);
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let dir = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors"));
    let listed = broker_env::disk::Disk::list(&broker_env::disk::OsDisk, dir).unwrap();
    let pages: Vec<String> = listed
        .into_iter()
        .filter_map(|entry| entry.name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    let codes: Vec<String> = Code::ALL.iter().map(Code::to_string).collect();
    assert_eq!(pages, codes, "each code has one page, and they are in order");
    for code in Code::ALL {
        let page = code.page();
        assert!(page.starts_with(&format!("# {code}: ")), "{page}");
        assert!(page.contains("**What to do.**"), "{page}");
        assert_ne!(code.exit(), Exit::Ok);
        assert_eq!(Code::named(&code.to_string().to_lowercase()), Some(*code));
    }
}

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

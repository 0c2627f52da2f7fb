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
        "error: topic \"orders\": This server does not host it. (UNKNOWN_TOPIC_OR_PARTITION)\n\
         hint: ringtide topic ls shows the topics there are"
    );
    assert_eq!(error.to_json()["code"], "UNKNOWN_TOPIC_OR_PARTITION");
    assert_eq!(error.to_json()["exit"], 4);
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let error = CliError::from(io::Error::from(io::ErrorKind::BrokenPipe));
    assert!(error.is_silent());
    assert_eq!(error.exit(), Exit::Ok);
}

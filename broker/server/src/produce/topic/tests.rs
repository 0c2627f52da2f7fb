use rstest::rstest;

use super::*;
use crate::handlers::fixture::session;

#[rstest]
#[case::allowed("mine", Ok(()))]
#[case::not_allowed("theirs", Err(ErrorCode::TopicAuthorizationFailed))]
#[case::allowed_and_internal("__consumer_offsets", Err(ErrorCode::InvalidTopicException))]
#[case::internal_is_told_to_who_may_write(
    "__transaction_state",
    Err(ErrorCode::TopicAuthorizationFailed)
)]
fn who_may_write_to_what(#[case] name: &str, #[case] expected: Result<(), ErrorCode>) {
    let session = session(|operation, resource| {
        let mine = |name| matches!(name, "mine" | "__consumer_offsets");
        operation == Operation::Write && matches!(resource, Resource::Topic(name) if mine(name))
    });
    assert_eq!(may_write(&session, Some(Operation::Write), name), expected);
}

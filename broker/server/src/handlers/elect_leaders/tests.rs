use rstest::rstest;

use super::*;
use crate::handlers::fixture::Fixture;

#[rstest]
#[case("t", 0, 84, "Leader election not needed for topic partition.")]
#[case("t", 9, 3, "No such partition as t-9")]
#[case("t", -1, 3, "No such partition as t--1")]
#[case("gone", 0, 3, "No such topic as gone")]
fn trap_107_no_partition_needs_an_election(
    #[case] topic: &str,
    #[case] partition: i32,
    #[case] code: i16,
    #[case] message: &str,
) {
    let fixture = Fixture::new().topic("t", 2);
    let (refused, why) = refusal(&fixture.controller.image(), topic, partition);
    assert_eq!((refused.to_wire(), why.as_deref()), (code, Some(message)));
}

#[rstest]
#[case(0, 1000, true, None)]
#[case(1, 1000, true, None)]
#[case(9, 1000, true, Some((42, Some("Unknown election type 9"))))]
#[case(0, 0, true, Some((7, None)))]
#[case(0, -1, true, Some((7, None)))]
#[case(0, 1000, false, Some((31, None)))]
fn a_request_may_be_refused_whole(
    #[case] kind: i8,
    #[case] timeout_ms: i32,
    #[case] allowed: bool,
    #[case] refused: Option<(i16, Option<&str>)>,
) {
    let asked = ElectLeadersRequest::default().with_election_type(kind).with_timeout_ms(timeout_ms);
    let whole = whole(&asked, allowed);
    let whole = whole.as_ref().map(|(code, why)| (code.to_wire(), why.as_deref()));
    assert_eq!(whole, refused);
}

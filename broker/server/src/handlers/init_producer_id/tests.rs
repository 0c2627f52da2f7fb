use protocol_types::ApiKey;
use protocol_wire::messages::{StrBytes, TransactionalId};
use rstest::rstest;

use super::*;
use crate::handlers::fixture::{Fixture, assert_every_version_carries};

fn asked(transactional: Option<&'static str>, id: i64, epoch: i16) -> InitProducerIdRequest {
    let transactional = transactional.map(|id| TransactionalId(StrBytes::from_static_str(id)));
    InitProducerIdRequest::default()
        .with_transactional_id(transactional)
        .with_producer_id(ProducerId(id))
        .with_producer_epoch(epoch)
}

#[rstest]
#[case::new_producer(asked(None, -1, -1), true, None)]
#[case::trap_41_known_producer_gets_a_new_id(asked(None, 7, 3), true, None)]
#[case::half_a_producer(asked(None, 7, -1), true, Some(42))]
#[case::other_half(asked(None, -1, 3), true, Some(42))]
#[case::trap_85_empty_transactional_id(asked(Some(""), -1, -1), true, Some(42))]
#[case::transactions_are_not_served(asked(Some("tx"), -1, -1), true, Some(35))]
#[case::not_allowed(asked(None, -1, -1), false, Some(31))]
fn who_gets_an_identity(
    #[case] request: InitProducerIdRequest,
    #[case] allowed: bool,
    #[case] error_code: Option<i16>,
) {
    assert_eq!(refuse(&request, allowed).map(ErrorCode::to_wire), error_code);
}

#[test]
fn identities_are_never_given_twice() {
    let controller = Fixture::new().controller;
    let ids: Vec<u64> = (0..2500).map(|_| controller.next_producer_id().unwrap().0).collect();
    assert!(ids.is_sorted_by(|a, b| a < b));
}

#[test]
fn every_version_carries_the_answer() {
    assert_every_version_carries(ApiKey::InitProducerId, &refused(42));
    let fine = InitProducerIdResponse::default().with_producer_id(ProducerId(7));
    assert_every_version_carries(ApiKey::InitProducerId, &fine);
    assert_eq!(fine.producer_epoch, 0);
}

use protocol_types::ApiKey;
use protocol_wire::messages::BrokerId;
use rstest::rstest;

use super::*;
use crate::{
    handlers::fixture::{assert_every_version_carries, authorized},
    security::Operation,
};

#[rstest]
#[case::group(0, true, None)]
#[case::another_ones_group(0, false, Some(30))]
#[case::transactions_are_refused_by_their_coordinator(1, true, None)]
#[case::shares_are_not_known(2, true, Some(42))]
#[case::nonsense(-1, true, Some(42))]
fn who_is_asked_for(#[case] key_type: i8, #[case] allowed: bool, #[case] error: Option<i16>) {
    let request = FindCoordinatorRequest::default().with_key_type(key_type);
    let request = authorized(request, Operation::Describe, if allowed { its_own } else { nothing });
    assert_eq!(check(&request, "g").err().map(|refusal| refusal.code().to_wire()), error);
}

fn its_own(operation: Operation, resource: Resource<'_>) -> bool {
    operation == Operation::Describe && resource == Resource::Group("g")
}

const fn nothing(_: Operation, _: Resource<'_>) -> bool {
    false
}

#[test]
fn every_version_carries_the_answer() {
    let single = FindCoordinatorResponse::default()
        .with_node_id(BrokerId(1))
        .with_host(text("host"))
        .with_port(9092);
    for version in 0..FIRST_BATCHED {
        let encoded = protocol_wire::response::encode_response(
            &mut bytes::BytesMut::new(),
            ApiKey::FindCoordinator,
            version,
            1,
            &single,
        );
        assert!(encoded.is_ok(), "version {version}: {encoded:?}");
    }
    assert_every_version_carries(ApiKey::FindCoordinator, &FindCoordinatorResponse::default());
}

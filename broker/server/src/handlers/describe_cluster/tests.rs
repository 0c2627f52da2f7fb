use protocol_types::ApiKey;
use protocol_wire::messages::BrokerId;
use rstest::rstest;

use super::*;
use crate::handlers::fixture::{Fixture, assert_every_version_carries};

fn described() -> DescribeClusterResponse {
    let image = Fixture::new().controller.image();
    let address = HostPort { host: "broker.example".to_owned(), port: 9092 };
    describe(&image, &address, Some("rack-a"))
}

#[test]
fn trap_23_the_cluster_has_an_id_and_the_controller_is_one_of_its_brokers() {
    let cluster = described();
    assert_eq!(cluster.cluster_id.len(), 22);
    assert_eq!(cluster.controller_id, BrokerId(1));
    let broker = &cluster.brokers[0];
    assert_eq!(
        (broker.broker_id, broker.host.as_str(), broker.port),
        (BrokerId(1), "broker.example", 9092)
    );
    assert_eq!(broker.rack.as_ref().unwrap().as_str(), "rack-a");
}

#[rstest]
#[case::brokers(1, 2, None)]
#[case::trap_32_controllers(2, 1, Some(114))]
#[case::trap_32_unknown(9, 2, Some(115))]
#[case::version_0_knows_no_such_code(2, 0, Some(42))]
fn trap_32_an_endpoint_that_is_not_here_is_refused(
    #[case] endpoint: i8,
    #[case] version: i16,
    #[case] error_code: Option<i16>,
) {
    let refused = wrong_endpoint(endpoint, version);
    assert_eq!(refused.map(|(code, _)| code.to_wire()), error_code);
}

#[test]
fn every_version_carries_the_answer() {
    assert_every_version_carries(ApiKey::DescribeCluster, &described());
}

use broker_controller::commands::{
    AlterConfigs,
    alter_client_quotas::{AlterClientQuotas, QuotaAlteration},
    alter_configs::{Alteration, ConfigResource, Operation},
};
use rstest::rstest;

use super::*;
use crate::handlers::fixture::Fixture;

const HOME: &str = "127.0.0.1";
const AWAY: &str = "10.0.0.1";

fn at(millis: u64) -> Instant {
    Instant((60_000 + millis) * 1_000_000)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn quotas(fixture: &Fixture) -> Arc<ConnectionQuotas> {
    ConnectionQuotas::new(&fixture.config, &fixture.controller.image())
}

fn limit_rate(fixture: &Fixture, address: Option<&str>, rate: Option<f64>) {
    let entity = [("ip".to_owned(), address.map(str::to_owned))].into_iter().collect();
    let ops = vec![("connection_creation_rate".to_owned(), rate)];
    let alterations = vec![QuotaAlteration { entity, ops }];
    let command = AlterClientQuotas { alterations, validate_only: false };
    for (_, result) in fixture.controller.submit(command).unwrap() {
        result.unwrap();
    }
}

fn place(admission: Admission) -> IpPlace {
    match admission {
        Admission::Admitted { place, .. } => place,
        other @ (Admission::TooMany { .. } | Admission::TooOften { .. }) => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_limited_by_default() {
    let quotas = quotas(&Fixture::new());
    let places: Vec<_> = (0..1_000).map(|_| place(quotas.admit(ip(HOME), at(0)))).collect();
    drop(places);
    assert!(quotas.state.lock().addresses.is_empty());
}

#[test]
fn an_address_has_so_many_connections_at_a_time() {
    let flags =
        [("max.connections.per.ip", "2"), ("max.connections.per.ip.overrides", "10.0.0.1:1")];
    let quotas = quotas(&Fixture::with(&flags));
    let first = place(quotas.admit(ip(HOME), at(0)));
    let _second = place(quotas.admit(ip("::ffff:127.0.0.1"), at(0)));
    assert!(matches!(quotas.admit(ip(HOME), at(0)), Admission::TooMany { most: 2 }));
    let _other = place(quotas.admit(ip(AWAY), at(0)));
    assert!(matches!(quotas.admit(ip(AWAY), at(0)), Admission::TooMany { most: 1 }));
    drop(first);
    let _third = place(quotas.admit(ip(HOME), at(0)));
}

#[rstest]
#[case::its_own(Some(HOME), true)]
#[case::the_default(None, true)]
#[case::anothers(Some(AWAY), false)]
fn an_address_that_connects_too_often_is_turned_away(
    #[case] limited: Option<&str>,
    #[case] held: bool,
) {
    let fixture = Fixture::new();
    limit_rate(&fixture, limited, Some(1.0));
    let quotas = quotas(&fixture);
    for _ in 0..10 {
        drop(place(quotas.admit(ip(HOME), at(0))));
    }
    let beyond = quotas.admit(ip(HOME), at(0));
    assert_eq!(matches!(beyond, Admission::TooOften { wait_ms: 1_000 }), held, "{beyond:?}");
    assert!(matches!(quotas.admit(ip(HOME), at(12_000)), Admission::Admitted { .. }));

    limit_rate(&fixture, limited, None);
    quotas.follow(&fixture.controller.image());
    for _ in 0..100 {
        drop(place(quotas.admit(ip(HOME), at(12_000))));
    }
}

#[test]
fn all_together_wait_and_are_served() {
    let fixture = Fixture::with(&[("max.connection.creation.rate", "1")]);
    let quotas = quotas(&fixture);
    let waits: Vec<u64> = (0..12)
        .map(|n| match quotas.admit(ip(if n % 2 == 0 { HOME } else { AWAY }), at(0)) {
            Admission::Admitted { wait_ms, .. } => wait_ms,
            other @ (Admission::TooMany { .. } | Admission::TooOften { .. }) => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(waits, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1_000, 1_000]);
}

#[test]
fn limits_change_at_run_time() {
    let fixture = Fixture::new();
    let quotas = quotas(&fixture);
    let _first = place(quotas.admit(ip(HOME), at(0)));
    let alteration = Alteration {
        name: "max.connections.per.ip".to_owned(),
        operation: Operation::Set,
        value: Some("1".to_owned()),
    };
    let resources = vec![(ConfigResource::Broker(String::new()), vec![alteration])];
    fixture.controller.submit(AlterConfigs { resources, validate_only: false }).unwrap();
    quotas.follow(&fixture.controller.image());
    assert!(matches!(quotas.admit(ip(HOME), at(0)), Admission::TooMany { most: 1 }));
}

#[test]
fn addresses_that_come_and_go_do_not_fill_the_memory() {
    let fixture = Fixture::new();
    limit_rate(&fixture, None, Some(1.0));
    let quotas = quotas(&fixture);
    for n in 0..=u32::try_from(IDLE_ADDRESSES_MAX).unwrap() {
        drop(place(quotas.admit(IpAddr::V4(n.into()), at(0))));
    }
    assert!(quotas.state.lock().addresses.len() <= IDLE_ADDRESSES_MAX);
}

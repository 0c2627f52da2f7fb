use rstest::rstest;

use super::*;

fn part(text: &str) -> EntityPart {
    match text {
        "-" => EntityPart::Any,
        "*" => EntityPart::Default,
        name => EntityPart::Named(name.into()),
    }
}

/// The eight combinations in Kafka's order, with bounds 1 to 8 and whose bucket it is.
const ORDER: [(&str, &str, &str, &str); 8] = [
    ("u", "c", "u", "c"),
    ("u", "*", "u", "c"),
    ("u", "-", "u", ""),
    ("*", "c", "u", "c"),
    ("*", "*", "u", "c"),
    ("*", "-", "u", ""),
    ("-", "c", "", "c"),
    ("-", "*", "", "c"),
];

fn from(first: usize) -> ClientQuotas {
    let mut quotas = ClientQuotas::default();
    for (at, (user, client, ..)) in ORDER.iter().enumerate().skip(first) {
        quotas.set(ClientQuota::Produce, part(user), part(client), (at + 1) as f64);
    }
    quotas
}

#[rstest]
fn the_most_specific_quota_wins(#[values(0, 1, 2, 3, 4, 5, 6, 7)] first: usize) {
    let (name, bound) = from(first).resolve(ClientQuota::Produce, "u", "c").unwrap();
    let (_, _, user, client_id) = ORDER[first];
    assert_eq!((&*name.user, &*name.client_id), (user, client_id));
    assert!((bound - (first + 1) as f64).abs() < 1e-9);
}

#[rstest]
#[case::another_user("v", "c", Some(4.0))]
#[case::another_client("u", "d", Some(2.0))]
#[case::strangers("v", "d", Some(5.0))]
fn defaults_are_for_who_has_none(
    #[case] user: &str,
    #[case] client_id: &str,
    #[case] bound: Option<f64>,
) {
    let resolved = from(0).resolve(ClientQuota::Produce, user, client_id);
    assert_eq!(resolved.map(|(_, bound)| bound), bound);
}

#[test]
fn a_client_without_an_id_is_under_its_users_quota_alone() {
    let resolved = from(0).resolve(ClientQuota::Produce, "u", "");
    assert_eq!(resolved.map(|(name, bound)| (name.client_id, bound)), Some(("".into(), 3.0)));
    assert_eq!(from(6).resolve(ClientQuota::Produce, "u", ""), None);
}

#[test]
fn kinds_do_not_mix() {
    for quota in ClientQuota::ALL {
        assert_eq!(ClientQuota::from_key(quota.key()), Some(quota));
    }
    assert_eq!(from(0).resolve(ClientQuota::Fetch, "u", "c"), None);
    assert_eq!(ClientQuota::from_key("connection_creation_rate"), None);
}

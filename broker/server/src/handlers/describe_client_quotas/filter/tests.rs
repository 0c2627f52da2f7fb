use rstest::rstest;

use super::*;
use crate::handlers::wire_names::text;

type Component = (&'static str, i8, Option<&'static str>);

fn request(components: &[Component], strict: bool) -> DescribeClientQuotasRequest {
    let component = |(kind, matching, name): &Component| {
        ComponentData::default()
            .with_entity_type(text(kind))
            .with_match_type(*matching)
            .with_match(name.map(text))
    };
    DescribeClientQuotasRequest::default()
        .with_components(components.iter().map(component).collect())
        .with_strict(strict)
}

/// u = user alice, d = default user, uc = alice with client c, c = client c, ip = default address.
fn entities() -> Vec<(&'static str, QuotaEntity)> {
    let (alice, c) = (Some(EntityName::of(Some("alice"))), Some(EntityName::of(Some("c"))));
    let nobody = QuotaEntity::default();
    vec![
        ("u", QuotaEntity { user: alice.clone(), ..nobody.clone() }),
        ("d", QuotaEntity { user: Some(EntityName::Default), ..nobody.clone() }),
        ("uc", QuotaEntity { user: alice, client_id: c.clone(), ..nobody.clone() }),
        ("c", QuotaEntity { client_id: c, ..nobody.clone() }),
        ("ip", QuotaEntity { ip: Some(EntityName::Default), ..nobody }),
    ]
}

#[rstest]
#[case::everything(&[], false, "u d uc c ip")]
#[case::strictly_nothing(&[], true, "")]
#[case::exact(&[("user", 0, Some("alice"))], false, "u uc")]
#[case::exact_strict(&[("user", 0, Some("alice"))], true, "u")]
#[case::default(&[("user", 1, None)], false, "d")]
#[case::specified(&[("user", 2, None)], true, "u d")]
#[case::both(&[("user", 2, None), ("client-id", 0, Some("c"))], true, "uc")]
#[case::address(&[("ip", 2, None)], false, "ip")]
#[case::nobody(&[("user", 0, Some("bob"))], false, "")]
fn entities_are_found_by_their_parts(
    #[case] components: &[Component],
    #[case] strict: bool,
    #[case] found: &str,
) {
    let filter = Filter::of(&request(components, strict)).unwrap();
    let names: Vec<_> = entities()
        .into_iter()
        .filter(|(_, entity)| filter.matches(entity))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names.join(" "), found);
}

#[rstest]
#[case::empty(&[("", 0, None)], "Invalid empty entity type.")]
#[case::twice(&[("user", 1, None), ("user", 2, None)],
    "Entity type user cannot appear more than once in the filter.")]
#[case::no_name(&[("user", 0, None)],
    "Request specified MATCH_TYPE_EXACT, but set match string to null.")]
#[case::a_name_for_the_default(&[("user", 1, Some("a"))],
    "Request specified MATCH_TYPE_DEFAULT, but also specified a match string.")]
#[case::a_name_for_any(&[("user", 2, Some("a"))],
    "Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.")]
#[case::unknown_match(&[("user", 3, None)], "Unknown match type 3")]
#[case::address_and_user(&[("ip", 1, None), ("user", 1, None)],
    "Invalid entity filter component combination. IP filter component should not be used with \
     user or clientId filter component.")]
fn a_refusal_is_worded_as_kafkas(#[case] components: &[Component], #[case] message: &str) {
    let refused = Filter::of(&request(components, false)).unwrap_err();
    assert_eq!(refused, CommandError::new(ErrorCode::InvalidRequest, message));
}

#[test]
fn an_unknown_type_is_for_a_later_version() {
    let refused = Filter::of(&request(&[("team", 0, Some("a"))], false)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::UnsupportedVersion);
    assert_eq!(refused.message, "Unsupported entity type team");
}

use super::*;

#[test]
fn an_entity_lists_its_parts_in_one_order() {
    let mut entity = QuotaEntity::default();
    assert_eq!(entity.set(EntityType::ClientId, EntityName::Default), None);
    assert_eq!(entity.set(EntityType::User, EntityName::of(Some("u"))), None);
    let replaced = entity.set(EntityType::User, EntityName::of(Some("v")));
    assert_eq!(replaced.as_ref().and_then(EntityName::name), Some("u"));
    let parts: Vec<_> = entity.parts().map(|(kind, name)| (kind.name(), name.name())).collect();
    assert_eq!(parts, [("user", Some("v")), ("client-id", None)]);
}

#[test]
fn types_have_kafkas_names() {
    for kind in EntityType::ALL {
        assert_eq!(EntityType::from_name(kind.name()), Some(kind));
    }
    assert_eq!(EntityType::from_name("topic"), None);
}

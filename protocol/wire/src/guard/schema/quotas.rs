//! Requests about clients' quotas.

use kafka_protocol::messages::{
    alter_client_quotas_request as alter, describe_client_quotas_request as describe,
};

use super::{Element, Field, Kind, array, boolean, float64, int8, string};

pub(super) const DESCRIBE_CLIENT_QUOTAS: &[Field] = &[
    array("Components", &Element::of::<describe::ComponentData>(Kind::Struct(COMPONENT))),
    boolean("Strict"),
];

const COMPONENT: &[Field] = &[string("EntityType"), int8("MatchType"), string("Match").nullable(0)];

pub(super) const ALTER_CLIENT_QUOTAS: &[Field] = &[
    array("Entries", &Element::of::<alter::EntryData>(Kind::Struct(ENTRY))),
    boolean("ValidateOnly"),
];

const ENTRY: &[Field] = &[
    array("Entity", &Element::of::<alter::EntityData>(Kind::Struct(ENTITY))),
    array("Ops", &Element::of::<alter::OpData>(Kind::Struct(OP))),
];

const ENTITY: &[Field] = &[string("EntityType"), string("EntityName").nullable(0)];

const OP: &[Field] = &[string("Key"), float64("Value"), boolean("Remove")];

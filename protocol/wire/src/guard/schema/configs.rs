//! Requests that read and change configurations.

use kafka_protocol::messages::{
    alter_configs_request as replace, describe_configs_request as describe_configs,
    incremental_alter_configs_request as alter,
};

use super::{Element, Field, Kind, STRING_ELEMENT, array, boolean, int8, string};

pub(super) const DESCRIBE_CONFIGS: &[Field] = &[
    array(
        "Resources",
        &Element::of::<describe_configs::DescribeConfigsResource>(Kind::Struct(
            DESCRIBE_CONFIGS_RESOURCE,
        )),
    ),
    boolean("IncludeSynonyms").from(1),
    boolean("IncludeDocumentation").from(3),
];

const DESCRIBE_CONFIGS_RESOURCE: &[Field] = &[
    int8("ResourceType"),
    string("ResourceName"),
    array("ConfigurationKeys", STRING_ELEMENT).nullable(0),
];

pub(super) const INCREMENTAL_ALTER_CONFIGS: &[Field] = &[
    array(
        "Resources",
        &Element::of::<alter::AlterConfigsResource>(Kind::Struct(ALTER_CONFIGS_RESOURCE)),
    ),
    boolean("ValidateOnly"),
];

const ALTER_CONFIGS_RESOURCE: &[Field] = &[
    int8("ResourceType"),
    string("ResourceName"),
    array("Configs", &Element::of::<alter::AlterableConfig>(Kind::Struct(ALTERABLE_CONFIG))),
];

const ALTERABLE_CONFIG: &[Field] =
    &[string("Name"), int8("ConfigOperation"), string("Value").nullable(0)];

pub(super) const ALTER_CONFIGS: &[Field] = &[
    array(
        "Resources",
        &Element::of::<replace::AlterConfigsResource>(Kind::Struct(REPLACED_RESOURCE)),
    ),
    boolean("ValidateOnly"),
];

const REPLACED_RESOURCE: &[Field] = &[
    int8("ResourceType"),
    string("ResourceName"),
    array("Configs", &Element::of::<replace::AlterableConfig>(Kind::Struct(REPLACED_CONFIG))),
];

const REPLACED_CONFIG: &[Field] = &[string("Name"), string("Value").nullable(0)];

pub(super) const LIST_CONFIG_RESOURCES: &[Field] =
    &[array("ResourceTypes", &Element::of::<i8>(Kind::Fixed(1))).from(1)];

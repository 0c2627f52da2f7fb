//! Requests about who somebody is and what they may: SASL, access control lists, delegation tokens.

use kafka_protocol::messages::{
    create_acls_request as create, create_delegation_token_request as create_token,
    delete_acls_request as delete, describe_delegation_token_request as describe_token,
};

use super::{Element, Field, Kind, array, bytes, int8, int64, string};

pub(super) const SASL_HANDSHAKE: &[Field] = &[string("Mechanism")];

pub(super) const SASL_AUTHENTICATE: &[Field] = &[bytes("AuthBytes")];

pub(super) const DESCRIBE_ACLS: &[Field] = FILTER;

const FILTER: &[Field] = &[
    int8("ResourceTypeFilter"),
    string("ResourceNameFilter").nullable(0),
    int8("PatternTypeFilter").from(1),
    string("PrincipalFilter").nullable(0),
    string("HostFilter").nullable(0),
    int8("Operation"),
    int8("PermissionType"),
];

pub(super) const CREATE_ACLS: &[Field] =
    &[array("Creations", &Element::of::<create::AclCreation>(Kind::Struct(CREATION)))];

const CREATION: &[Field] = &[
    int8("ResourceType"),
    string("ResourceName"),
    int8("ResourcePatternType").from(1),
    string("Principal"),
    string("Host"),
    int8("Operation"),
    int8("PermissionType"),
];

pub(super) const DELETE_ACLS: &[Field] =
    &[array("Filters", &Element::of::<delete::DeleteAclsFilter>(Kind::Struct(FILTER)))];

pub(super) const CREATE_DELEGATION_TOKEN: &[Field] = &[
    string("OwnerPrincipalType").from(3).nullable(3),
    string("OwnerPrincipalName").from(3).nullable(3),
    array("Renewers", &Element::of::<create_token::CreatableRenewers>(Kind::Struct(PRINCIPAL))),
    int64("MaxLifetimeMs"),
];

const PRINCIPAL: &[Field] = &[string("PrincipalType"), string("PrincipalName")];

pub(super) const RENEW_DELEGATION_TOKEN: &[Field] = &[bytes("Hmac"), int64("RenewPeriodMs")];

pub(super) const EXPIRE_DELEGATION_TOKEN: &[Field] = &[bytes("Hmac"), int64("ExpiryTimePeriodMs")];

pub(super) const DESCRIBE_DELEGATION_TOKEN: &[Field] = &[array(
    "Owners",
    &Element::of::<describe_token::DescribeDelegationTokenOwner>(Kind::Struct(PRINCIPAL)),
)
.nullable(0)];

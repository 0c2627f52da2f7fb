//! Samples of requests about SASL, access control lists and delegation tokens.

use bytes::Bytes;
use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::create_delegation_token_request::CreatableRenewers;
use kafka_protocol::messages::delete_acls_request::DeleteAclsFilter;
use kafka_protocol::messages::describe_delegation_token_request::DescribeDelegationTokenOwner;
use kafka_protocol::messages::{
    CreateAclsRequest, CreateDelegationTokenRequest, DeleteAclsRequest, DescribeAclsRequest,
    DescribeDelegationTokenRequest, ExpireDelegationTokenRequest, RenewDelegationTokenRequest,
    SaslAuthenticateRequest, SaslHandshakeRequest,
};

use super::{Case, Sample};

impl Sample for SaslHandshakeRequest {
    fn sample(case: Case) -> Self {
        Self::default().with_mechanism(case.string("PLAIN", 0))
    }
}

impl Sample for SaslAuthenticateRequest {
    fn sample(case: Case) -> Self {
        Self::default()
            .with_auth_bytes(Bytes::from_static(b"\0user\0secret"))
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for DescribeAclsRequest {
    fn sample(case: Case) -> Self {
        Self::default()
            .with_resource_type_filter(2)
            .with_resource_name_filter(case.nullable(0, case.string("resource", 1)))
            .with_principal_filter(case.nullable(0, case.string("User:p", 2)))
            .with_host_filter(case.nullable(0, case.string("host", 3)))
            .with_operation(3)
            .with_permission_type(3)
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for CreateAclsRequest {
    fn sample(case: Case) -> Self {
        let creation = |n| {
            AclCreation::default()
                .with_resource_type(2)
                .with_resource_name(case.string("resource", n))
                .with_principal(case.string("User:p", n))
                .with_host(case.string("host", n))
                .with_operation(3)
                .with_permission_type(3)
                .with_unknown_tagged_fields(case.tags(2))
        };
        Self::default()
            .with_creations(case.list(2, creation))
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for DeleteAclsRequest {
    fn sample(case: Case) -> Self {
        let filter = |n| {
            DeleteAclsFilter::default()
                .with_resource_type_filter(2)
                .with_resource_name_filter(case.nullable(0, case.string("resource", n)))
                .with_principal_filter(case.nullable(0, case.string("User:p", n)))
                .with_host_filter(case.nullable(0, case.string("host", n)))
                .with_operation(3)
                .with_permission_type(3)
                .with_unknown_tagged_fields(case.tags(2))
        };
        Self::default().with_filters(case.list(2, filter)).with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for CreateDelegationTokenRequest {
    fn sample(case: Case) -> Self {
        let renewer = |n| {
            CreatableRenewers::default()
                .with_principal_type(case.string("User", n))
                .with_principal_name(case.string("p", n))
                .with_unknown_tagged_fields(case.tags(2))
        };
        let request = Self::default()
            .with_renewers(case.list(2, renewer))
            .with_max_lifetime_ms(-1)
            .with_unknown_tagged_fields(case.tags(2));
        if case.version < 3 {
            return request;
        }
        request
            .with_owner_principal_type(case.nullable(3, case.string("User", 1)))
            .with_owner_principal_name(case.nullable(3, case.string("owner", 2)))
    }
}

impl Sample for RenewDelegationTokenRequest {
    fn sample(case: Case) -> Self {
        Self::default()
            .with_hmac(Bytes::from(case.list(4, |_| 7)))
            .with_renew_period_ms(1000)
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for ExpireDelegationTokenRequest {
    fn sample(case: Case) -> Self {
        Self::default()
            .with_hmac(Bytes::from(case.list(4, |_| 7)))
            .with_expiry_time_period_ms(1000)
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for DescribeDelegationTokenRequest {
    fn sample(case: Case) -> Self {
        let owner = |n| {
            DescribeDelegationTokenOwner::default()
                .with_principal_type(case.string("User", n))
                .with_principal_name(case.string("p", n))
                .with_unknown_tagged_fields(case.tags(2))
        };
        Self::default()
            .with_owners(case.nullable(0, case.list(2, owner)))
            .with_unknown_tagged_fields(case.tags(2))
    }
}

//! Samples of requests about clients' quotas.

use kafka_protocol::messages::alter_client_quotas_request::{EntityData, EntryData, OpData};
use kafka_protocol::messages::describe_client_quotas_request::ComponentData;
use kafka_protocol::messages::{AlterClientQuotasRequest, DescribeClientQuotasRequest};

use super::{Case, Sample};

impl Sample for DescribeClientQuotasRequest {
    fn sample(case: Case) -> Self {
        let component = |n: i32| {
            ComponentData::default()
                .with_entity_type(case.string("type", n))
                .with_match_type(2)
                .with_match(case.nullable(0, case.string("match", n)))
                .with_unknown_tagged_fields(case.tags(1))
        };
        Self::default()
            .with_components(case.list(2, component))
            .with_strict(true)
            .with_unknown_tagged_fields(case.tags(1))
    }
}

impl Sample for AlterClientQuotasRequest {
    fn sample(case: Case) -> Self {
        let entity = |n: i32| {
            EntityData::default()
                .with_entity_type(case.string("type", n))
                .with_entity_name(case.nullable(0, case.string("name", n)))
                .with_unknown_tagged_fields(case.tags(1))
        };
        let op = |n: i32| {
            OpData::default()
                .with_key(case.string("key", n))
                .with_value(1.5 * f64::from(n))
                .with_remove(n == 1)
                .with_unknown_tagged_fields(case.tags(1))
        };
        let entry = |_| {
            EntryData::default()
                .with_entity(case.list(2, entity))
                .with_ops(case.list(2, op))
                .with_unknown_tagged_fields(case.tags(1))
        };
        Self::default()
            .with_entries(case.list(2, entry))
            .with_validate_only(true)
            .with_unknown_tagged_fields(case.tags(1))
    }
}

//! Samples of requests that change configurations whole, or list what has them.

use kafka_protocol::messages::alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kafka_protocol::messages::{AlterConfigsRequest, ListConfigResourcesRequest};

use super::{Case, Sample};

impl Sample for AlterConfigsRequest {
    fn sample(case: Case) -> Self {
        let config = |n| {
            AlterableConfig::default()
                .with_name(case.string("config", n))
                .with_value(case.nullable(0, case.string("value", n)))
                .with_unknown_tagged_fields(case.tags(2))
        };
        let resource = |n| {
            AlterConfigsResource::default()
                .with_resource_type(2)
                .with_resource_name(case.string("resource", n))
                .with_configs(case.list(2, config))
                .with_unknown_tagged_fields(case.tags(2))
        };
        Self::default()
            .with_resources(case.list(2, resource))
            .with_validate_only(true)
            .with_unknown_tagged_fields(case.tags(2))
    }
}

impl Sample for ListConfigResourcesRequest {
    fn sample(case: Case) -> Self {
        let types = if case.version >= 1 { case.list(3, |_| 2) } else { Vec::new() };
        Self::default().with_resource_types(types).with_unknown_tagged_fields(case.tags(0))
    }
}

//! DescribeConfigs: every key of a topic or of this broker, with the source of its value, and the
//! levels of its loggers.

use std::collections::BTreeMap;

use broker_controller::{
    CommandError,
    commands::{alter_configs::ConfigResource, topic_name},
};
use broker_env::HashSet;
use broker_metadata::Image;
use broker_telemetry::{KEYS, SubscriptionKey};
use config::{
    BrokerConfig, ConfigEntry, ConfigSource, Kind, Synonym, describe_broker, describe_group,
    describe_topic,
};
use protocol_types::ErrorCode;
use protocol_wire::messages::{
    DescribeConfigsRequest, DescribeConfigsResponse, StrBytes,
    describe_configs_request::DescribeConfigsResource,
    describe_configs_response::{
        DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
    },
};

use super::{
    broker_loggers,
    config_resource::{BROKER_LOGGER, config_resource, unauthorized},
    room::Room,
    wire_names::{message, text},
};
use crate::{loggers::LogLevel, request::RequestContext, security::Authorized};

/// Where the level of a logger comes from, by Kafka's number.
const DYNAMIC_BROKER_LOGGER: i8 = 6;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DescribeConfigsRequest>,
) -> DescribeConfigsResponse {
    let image = context.broker.image();
    let asked = request.request();
    let show =
        Show { synonyms: asked.include_synonyms, documentation: asked.include_documentation };
    let mut room = Room::of(&context);
    let results = asked.resources.iter().map(|resource| {
        let named = config_resource(resource.resource_type, &resource.resource_name);
        let refused = unauthorized(&named, &request).or_else(|| room.check().err());
        let described = refused.map_or_else(
            || {
                if resource.resource_type != BROKER_LOGGER {
                    let keys = describe(&named, &context.broker.config, &image)?;
                    return Ok(keys.iter().map(|key| config(key, show)).collect());
                }
                let loggers = &*context.broker.loggers;
                let levels =
                    broker_loggers::describe(&resource.resource_name, image.node(), loggers)?;
                Ok(levels.iter().map(level).collect())
            },
            Err,
        );
        let result = result(resource, described, |code| context.error(code));
        room.take(&result);
        result
    });
    DescribeConfigsResponse::default().with_results(results.collect())
}

/// What the client wants to see of each key besides its value.
#[derive(Clone, Copy, Debug)]
struct Show {
    synonyms: bool,
    documentation: bool,
}

fn describe(
    resource: &ConfigResource,
    config: &BrokerConfig,
    image: &Image,
) -> Result<Vec<ConfigEntry>, CommandError> {
    match resource {
        ConfigResource::Topic(name) => {
            topic_name::validate(name)?;
            let topic = image
                .topic(name)
                .ok_or_else(|| CommandError::new(ErrorCode::UnknownTopicOrPartition, ""))?;
            Ok(describe_topic(&topic.overrides, image.layers()))
        }
        ConfigResource::Broker(name) if name.is_empty() => {
            let entries = describe_broker(config, image.layers());
            Ok(entries.into_iter().filter_map(cluster_wide).collect())
        }
        ConfigResource::Broker(name) => {
            check_broker(name, image)?;
            Ok(describe_broker(config, image.layers()))
        }
        ConfigResource::Group(name) if name.is_empty() => {
            Err(CommandError::new(ErrorCode::InvalidRequest, "Group name must not be empty"))
        }
        ConfigResource::Group(name) => {
            let none = BTreeMap::new();
            let own = image.group_config(name).map_or(&none, |own| &**own);
            Ok(describe_group(own, image.layers()))
        }
        ConfigResource::ClientMetrics(name) => {
            if name.is_empty() {
                let why = "Client metrics subscription name must not be empty";
                return Err(CommandError::new(ErrorCode::InvalidRequest, why));
            }
            Ok(describe_subscription(name, image))
        }
        ConfigResource::Other(kind, _) => {
            let why = format!("Unsupported resource type: {kind}");
            Err(CommandError::new(ErrorCode::InvalidRequest, why))
        }
    }
}

/// A subscription that nobody made has every key at its default, as in Kafka.
fn describe_subscription(name: &str, image: &Image) -> Vec<ConfigEntry> {
    let own = image.client_metrics().get(name);
    let entry = |key: &SubscriptionKey| {
        let set = own.and_then(|values| values.get(key.name)).cloned();
        let source = match set {
            Some(_) => ConfigSource::DynamicClientMetrics,
            None => ConfigSource::Default,
        };
        let value = Some(set.clone().unwrap_or_else(|| key.default.to_owned()));
        // Unlike other resources', a default is no synonym here.
        let synonym = |value| Synonym { name: key.name, value: Some(value), source };
        ConfigEntry {
            name: key.name,
            value,
            source,
            kind: if key.is_list { Kind::List } else { Kind::Int },
            read_only: false,
            sensitive: false,
            synonyms: set.into_iter().map(synonym).collect(),
            documentation: key.doc.to_owned(),
        }
    };
    KEYS.iter().map(entry).collect()
}

/// What a key says for all brokers; `None` where it is not set so.
fn cluster_wide(mut entry: ConfigEntry) -> Option<ConfigEntry> {
    entry.synonyms.retain(|synonym| synonym.source == ConfigSource::DynamicDefaultBroker);
    entry.value = entry.synonyms.first()?.value.clone();
    entry.source = ConfigSource::DynamicDefaultBroker;
    Some(entry)
}

/// A broker answers for itself alone (trap 100).
fn check_broker(name: &str, image: &Image) -> Result<(), CommandError> {
    let refuse = |why: String| Err(CommandError::new(ErrorCode::InvalidRequest, why));
    let Ok(id) = name.parse::<i32>() else {
        return refuse(format!("Broker id must be an integer, but it is: {name}"));
    };
    let node = image.node().0;
    if u32::try_from(id) == Ok(node) {
        return Ok(());
    }
    refuse(format!("Unexpected broker id, expected {node} or empty string, but received {name}"))
}

fn result(
    resource: &DescribeConfigsResource,
    described: Result<Vec<DescribeConfigsResourceResult>, CommandError>,
    error: impl Fn(ErrorCode) -> i16,
) -> DescribeConfigsResult {
    let answer = DescribeConfigsResult::default()
        .with_resource_type(resource.resource_type)
        .with_resource_name(resource.resource_name.clone());
    match described {
        // The message of a success is empty, not null, as in Apache Kafka.
        Ok(configs) => {
            // No list and an empty one both ask for every key.
            let keys = resource.configuration_keys.iter().flatten();
            let keys: HashSet<&str> = keys.map(|key| key.as_str()).collect();
            let wants = |name: &str| keys.is_empty() || keys.contains(name);
            let wanted = configs.into_iter().filter(|config| wants(&config.name));
            answer.with_configs(wanted.collect())
        }
        Err(refusal) => {
            answer.with_error_code(error(refusal.code)).with_error_message(message(&refusal))
        }
    }
}

fn config(entry: &ConfigEntry, show: Show) -> DescribeConfigsResourceResult {
    let value = |value: &Option<String>| -> Option<StrBytes> {
        value.as_deref().filter(|_| !entry.sensitive).map(text)
    };
    let synonyms = entry.synonyms.iter().filter(|_| show.synonyms).map(|synonym| {
        DescribeConfigsSynonym::default()
            .with_name(text(synonym.name))
            .with_value(value(&synonym.value))
            .with_source(synonym.source.to_wire())
    });
    DescribeConfigsResourceResult::default()
        .with_name(text(entry.name))
        .with_value(value(&entry.value))
        .with_read_only(entry.read_only)
        .with_config_source(entry.source.to_wire())
        .with_is_sensitive(entry.sensitive)
        .with_synonyms(synonyms.collect())
        .with_config_type(entry.kind.to_wire())
        .with_documentation(show.documentation.then(|| text(&entry.documentation)))
}

/// A logger has neither a type nor documentation.
fn level((logger, level): &(String, LogLevel)) -> DescribeConfigsResourceResult {
    DescribeConfigsResourceResult::default()
        .with_name(text(logger))
        .with_value(Some(text(level.name())))
        .with_config_source(DYNAMIC_BROKER_LOGGER)
        .with_documentation(None)
}

#[cfg(test)]
mod tests;

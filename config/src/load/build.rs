//! From checked texts to the typed configuration, and the relations between settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol_types::BrokerId;

use super::{LoadError, Loader, Origin, Profile};
use crate::broker::{
    BrokerConfig, GroupSettings, LogFormat, QuotaWindows, RING_SIZE_MIN, broker_key,
    parse_ip_overrides,
};
use crate::group::{Contradiction, check_group_bounds};
use crate::listener::{HostPort, Listener, ListenerError, check_list, parse_advertised};
use crate::metrics::{MetricsSettings, NameFilter, PartitionDetail};
use crate::topic::validate_topic;
use crate::value::{InvalidConfig, Kind, Value};

const RING_UNIT: u64 = 64 << 10;

/// The values that apply, with their origins.
struct Given(BTreeMap<&'static str, (Origin, String)>);

impl Given {
    fn text(&self, name: &str) -> Option<&str> {
        let default = || broker_key(name).and_then(|key| key.default);
        self.0.get(name).map(|(_, text)| text.as_str()).or_else(default)
    }

    fn string(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().to_owned()
    }

    fn boolean(&self, name: &str) -> bool {
        matches!(self.parse(name, Kind::Boolean), Some(Value::Boolean(true)))
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.parse(name, Kind::Long)? {
            Value::Number(n) => u64::try_from(n).ok(),
            Value::Boolean(_) | Value::Text(_) | Value::Double(_) | Value::List(_) => None,
        }
    }

    fn number32(&self, name: &str) -> u32 {
        self.number(name).and_then(|n| u32::try_from(n).ok()).unwrap_or_default()
    }

    fn parse(&self, name: &str, kind: Kind) -> Option<Value> {
        kind.parse(name, self.text(name)?).ok()
    }

    fn origin(&self, name: &str) -> Origin {
        self.0.get(name).map_or(Origin::Flag, |(origin, _)| origin.clone())
    }
}

pub(super) fn build(loader: Loader) -> Result<BrokerConfig, LoadError> {
    let Loader { profile, file, environment, flags, listeners: tables, .. } = loader;
    let mut merged = file;
    merged.extend(environment);
    merged.extend(flags);
    let given = Given(merged);

    let ring_size = ring_size(&given, profile)?;
    let memory_request_bytes = given.number("memory.request.bytes").unwrap_or(ring_size / 4);
    let socket_request_max_bytes = socket_request_max_bytes(&given, memory_request_bytes)?;
    let config = BrokerConfig {
        node_id: BrokerId(given.number32("node.id")),
        rack: given.text("broker.rack").map(str::to_owned),
        data_dir: given.string("data.dir").into(),
        listeners: listeners(&given, tables)?,
        http_bind: address(&given, "http.bind")?,
        ring_size,
        memory_request_bytes,
        memory_response_bytes: given.number("memory.response.bytes").unwrap_or(ring_size / 4),
        socket_request_max_bytes,
        fetch_max_bytes: given.number32("fetch.max.bytes"),
        connections_max_idle_ms: given.number("connections.max.idle.ms").unwrap_or_default(),
        retention_check_ms: given.number("log.retention.check.interval.ms").unwrap_or(300_000),
        segments_spare_ms: given.number("segments.spare.ms").unwrap_or_default(),
        max_connections: given.number32("max.connections"),
        shards: Some(given.number32("shards")).filter(|shards| *shards > 0),
        auto_create_topics: given.boolean("auto.create.topics.enable"),
        delete_topics: given.boolean("delete.topic.enable"),
        num_partitions: given.number32("num.partitions"),
        default_replication_factor: u16::try_from(given.number32("default.replication.factor"))
            .unwrap_or(u16::MAX),
        groups: groups(&given)?,
        quotas: QuotaWindows {
            samples: given.number32("quota.window.num"),
            sample_seconds: given.number32("quota.window.size.seconds"),
            controller_samples: given.number32("controller.quota.window.num"),
            controller_sample_seconds: given.number32("controller.quota.window.size.seconds"),
        },
        metrics: metrics(&given),
        telemetry_max_bytes: given.number32("telemetry.max.bytes"),
        log_level: given.string("logging.level"),
        log_format: match given.text("logging.format") {
            Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            _ => LogFormat::Auto,
        },
        given: Arc::new(
            given.0.iter().map(|(name, (_, text))| ((*name).to_owned(), text.clone())).collect(),
        ),
    };
    check_topic_defaults(&config, &given)?;
    check_ip_overrides(&given)?;
    Ok(config)
}

fn ring_size(given: &Given, profile: Profile) -> Result<u64, LoadError> {
    let default = match profile {
        Profile::Standard => 1 << 30,
        Profile::Development => 256 << 20,
    };
    let size = given.number("ring.size").unwrap_or(default);
    let refuse = |why: &str| {
        let error = InvalidConfig::value("ring.size", &size.to_string(), why);
        Err(LoadError::Value { origin: given.origin("ring.size"), error })
    };
    if size < RING_SIZE_MIN {
        return refuse("Value must be at least 16777216 (16 MiB)");
    }
    if !size.is_multiple_of(RING_UNIT) {
        return refuse("Value must be a multiple of 65536 (64 KiB)");
    }
    Ok(size)
}

fn socket_request_max_bytes(given: &Given, budget: u64) -> Result<u32, LoadError> {
    const DEFAULT: u64 = 100 << 20;
    let name = "socket.request.max.bytes";
    let bytes = given.number(name).unwrap_or_else(|| DEFAULT.min(budget));
    if bytes > budget {
        let why = format!("Value must be no more than {budget}, the memory.request.bytes");
        let error = InvalidConfig::value(name, &bytes.to_string(), why);
        return Err(LoadError::Value { origin: given.origin(name), error });
    }
    Ok(u32::try_from(bytes).unwrap_or(u32::MAX))
}

fn groups(given: &Given) -> Result<GroupSettings, LoadError> {
    let (min, max) = ("group.min.session.timeout.ms", "group.max.session.timeout.ms");
    let (session_timeout_min_ms, session_timeout_max_ms) =
        (given.number32(min), given.number32(max));
    if session_timeout_max_ms < session_timeout_min_ms {
        let why = format!("Value must be at least {session_timeout_min_ms}, the {min}");
        let error = InvalidConfig::value(max, given.text(max).unwrap_or_default(), why);
        return Err(LoadError::Value { origin: given.origin(max), error });
    }
    check_group_bounds(|name| given.text(name)).map_err(|contradiction| {
        let Contradiction { names: [name, other], error } = *contradiction;
        let to_blame = if given.0.contains_key(name.as_str()) { name } else { other };
        LoadError::Value { origin: given.origin(&to_blame), error }
    })?;
    Ok(GroupSettings {
        session_timeout_min_ms,
        session_timeout_max_ms,
        initial_rebalance_delay_ms: given.number32("group.initial.rebalance.delay.ms"),
        size_max: given.number32("group.max.size"),
        offset_metadata_max: given.number32("offset.metadata.max.bytes"),
        offsets_retention_minutes: given.number32("offsets.retention.minutes"),
        offsets_retention_check_ms: given
            .number("offsets.retention.check.interval.ms")
            .unwrap_or_default(),
        offsets_topic_partitions: given.number32("offsets.topic.num.partitions"),
        offsets_topic_segment_bytes: given.number32("offsets.topic.segment.bytes"),
        consumer_size_max: given.number32("group.consumer.max.size"),
        consumer_assignors: match given.parse("group.consumer.assignors", Kind::List) {
            Some(Value::List(names)) => names,
            _ => Vec::new(),
        },
        consumer_migration_policy: given.string("group.consumer.migration.policy"),
    })
}

fn address(given: &Given, name: &str) -> Result<HostPort, LoadError> {
    let parsed = given.string(name).parse();
    parsed.map_err(|error| LoadError::Listener { origin: given.origin(name), error })
}

/// `listeners` as text wins over the file's tables when it comes from environment or flag.
fn listeners(given: &Given, tables: Option<Vec<Listener>>) -> Result<Vec<Listener>, LoadError> {
    let refuse = |name: &str| {
        let origin = given.origin(name);
        move |error: ListenerError| LoadError::Listener { origin, error }
    };
    let mut listeners = match tables {
        Some(tables) if !given.0.contains_key("listeners") => tables,
        _ => Listener::parse_list(&given.string("listeners")).map_err(refuse("listeners"))?,
    };
    check_list(&listeners).map_err(refuse("listeners"))?;
    if let Some(text) = given.text("advertised.listeners") {
        let advertised =
            parse_advertised(text, &listeners).map_err(refuse("advertised.listeners"))?;
        for (name, address) in advertised {
            for listener in listeners.iter_mut().filter(|listener| listener.name == name) {
                listener.advertised = address.clone();
                listener.advertised_given = true;
            }
        }
    }
    Ok(listeners)
}

fn metrics(given: &Given) -> MetricsSettings {
    let filter = |of: &str| {
        let text = |which: &str| given.string(&format!("metrics.{of}.{which}"));
        NameFilter::new(&text("include"), &text("exclude"))
    };
    MetricsSettings {
        partition_detail: match given.text("metrics.partition_detail") {
            Some("none") => PartitionDetail::None,
            Some("all") => PartitionDetail::All,
            _ => PartitionDetail::Leader,
        },
        topics: filter("topics"),
        groups: filter("groups"),
        skip_empty_groups: given.boolean("metrics.groups.skip_empty"),
        max_series: given.number("metrics.max_series").unwrap_or_default(),
        survey_interval_ms: given.number("metrics.survey.interval.ms").unwrap_or(5_000),
    }
}

fn check_ip_overrides(given: &Given) -> Result<(), LoadError> {
    let name = "max.connections.per.ip.overrides";
    let parsed = parse_ip_overrides(given.text(name).unwrap_or_default());
    parsed.map(drop).map_err(|error| LoadError::Value { origin: given.origin(name), error })
}

/// The broker-level values of topic keys must be such that a topic could carry them.
fn check_topic_defaults(config: &BrokerConfig, given: &Given) -> Result<(), LoadError> {
    let name = "message.max.bytes";
    let limit = config.topic_limits().max_message_bytes;
    if given.number(name).is_some_and(|bytes| bytes > limit) {
        let why = format!("Value must be no more than {limit}, an eighth of the ring");
        let error = InvalidConfig::value(name, given.text(name).unwrap_or_default(), why);
        return Err(LoadError::Value { origin: given.origin(name), error });
    }
    validate_topic(&BTreeMap::new(), &config.layers(), config.topic_limits())
        .map_err(|error| LoadError::Relation(error.to_string()))
}

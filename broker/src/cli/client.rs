//! A Kafka client for the command line: blocking, one request at a time, a connection per broker.
//!
//! Versions are negotiated per connection: the highest both sides know. Errors of a broker come
//! back as they are; only "not ready yet" is waited out, within the time limit.

mod connection;
mod coordinator;

use std::collections::BTreeMap;
use std::time::Duration;

use broker_env::{Clock, OsClock};
use clap::Args;
use protocol_types::{ApiKey, ErrorCode, Instant};
use protocol_wire::messages::metadata_request::MetadataRequestTopic;
use protocol_wire::messages::metadata_response::MetadataResponseTopic;
use protocol_wire::messages::{MetadataRequest, MetadataResponse, Request, StrBytes, TopicName};

use super::context::Contexts;
use super::error::{CliError, Code, known};
use super::variable::{OrVariable, given};
use connection::Connection;
pub(crate) use coordinator::group_id;

/// How to reach a cluster.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConnectArgs {
    /// Brokers to begin with, by comma. Default: those of the context, else localhost:9092.
    #[arg(
        short,
        long,
        visible_aliases = ["bootstrap-server", "brokers"],
        env = "RINGTIDE_BOOTSTRAP",
        value_parser = OrVariable,
        value_name = "HOST:PORT"
    )]
    bootstrap: Option<String>,
    /// The context to use instead of the current one (`ringtide context ls`).
    #[arg(long, env = "RINGTIDE_CONTEXT", value_parser = OrVariable, value_name = "NAME")]
    context: Option<String>,
    /// Seconds to wait for connections and answers.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

/// Where a broker is if nothing else is said.
const LOCAL: &str = "localhost:9092";

impl ConnectArgs {
    /// The brokers to begin with.
    fn bootstrap(&self) -> Result<String, CliError> {
        if let Some(bootstrap) = given(self.bootstrap.as_ref()) {
            return Ok(bootstrap.to_owned());
        }
        let context = Contexts::applying(given(self.context.as_ref()))?;
        Ok(context.map_or_else(|| LOCAL.to_owned(), |context| context.bootstrap))
    }
}

/// Pause between two looks at something that is not ready yet.
const PAUSE: Duration = Duration::from_millis(100);

/// See the module documentation.
#[derive(Debug)]
pub struct Client {
    limit: Duration,
    seed: Connection,
    /// Where the cluster says its brokers are.
    addresses: BTreeMap<i32, String>,
    connections: BTreeMap<i32, Connection>,
    /// The coordinator of each group asked about.
    coordinators: BTreeMap<String, i32>,
    clock: OsClock,
}

/// A topic that was not created automatically by then will not be.
const CREATION: Duration = Duration::from_secs(5);

/// Metadata versions we speak; 1 is the first where an empty list means "no topic".
const METADATA: (i16, i16) = (1, 12);

impl Client {
    /// Connects to the first bootstrap broker that answers.
    pub(crate) fn connect(args: &ConnectArgs) -> Result<Self, CliError> {
        let limit = Duration::from_secs(args.timeout);
        let mut failures = Vec::new();
        for address in args.bootstrap()?.split(',').map(str::trim) {
            match Connection::open(address, limit) {
                Ok(seed) => {
                    return Ok(Self {
                        limit,
                        seed,
                        addresses: BTreeMap::new(),
                        connections: BTreeMap::new(),
                        coordinators: BTreeMap::new(),
                        clock: OsClock,
                    });
                }
                Err(error) => failures.push(format!("{address}: {error}")),
            }
        }
        let message = format!("no broker could be reached ({})", failures.join("; "));
        Err(CliError::new(Code::NoBroker, message)
            .hint("is one running? give its address with -b HOST:PORT or RINGTIDE_BOOTSTRAP"))
    }

    /// When what begins now must be done.
    pub(crate) fn deadline(&self) -> Instant {
        self.after(self.limit)
    }

    fn after(&self, span: Duration) -> Instant {
        let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Instant(self.clock.now().0.saturating_add(span))
    }

    /// The limit as requests carry it.
    pub(crate) fn timeout_ms(&self) -> i32 {
        i32::try_from(self.limit.as_millis()).unwrap_or(i32::MAX)
    }

    /// Waits a moment; an error once `deadline` has passed.
    pub(crate) fn pause(&self, deadline: Instant, for_what: &str) -> Result<(), CliError> {
        if self.clock.now() >= deadline {
            let message = format!("{for_what} was not ready within {} s", self.limit.as_secs());
            return Err(CliError::new(Code::NotReady, message).hint("--timeout waits longer"));
        }
        self.rest();
        Ok(())
    }

    /// Waits a moment.
    pub(crate) fn rest(&self) {
        self.clock.sleep(PAUSE);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.wall().0
    }

    /// Whether brokers serve an api at all.
    pub(crate) fn serves(&self, api: ApiKey) -> bool {
        self.seed.serves(api)
    }

    /// Sends a request to any broker.
    pub(crate) fn call<R: Request + 'static>(
        &mut self,
        api: ApiKey,
        versions: (i16, i16),
        request: &R,
    ) -> Result<R::Response, CliError> {
        self.seed.call(api, versions, request)
    }

    /// Sends a request to one broker.
    pub(crate) fn call_broker<R: Request + 'static>(
        &mut self,
        broker: i32,
        api: ApiKey,
        versions: (i16, i16),
        request: &R,
    ) -> Result<R::Response, CliError> {
        self.connection(broker)?.call(api, versions, request)
    }

    /// Sends a request to one broker that answers nothing.
    pub(crate) fn send_broker<R: Request + 'static>(
        &mut self,
        broker: i32,
        api: ApiKey,
        versions: (i16, i16),
        request: &R,
    ) -> Result<(), CliError> {
        self.connection(broker)?.send(api, versions, request).map(|_| ())
    }

    fn connection(&mut self, broker: i32) -> Result<&mut Connection, CliError> {
        if !self.connections.contains_key(&broker) {
            let address = self.addresses.get(&broker).ok_or_else(|| {
                CliError::failed(format!("the cluster does not say where broker {broker} is"))
            })?;
            let connection = Connection::open(address, self.limit).map_err(|error| {
                CliError::new(
                    Code::AdvertisedUnreachable,
                    format!("broker {broker} advertises {address}, which fails: {error}"),
                )
                .hint("its advertised.listeners must name an address that is reachable from here")
            })?;
            self.connections.insert(broker, connection);
        }
        self.connections
            .get_mut(&broker)
            .ok_or_else(|| CliError::failed(format!("no connection to broker {broker}")))
    }

    /// The cluster's metadata: of `topics`, or of all.
    pub(crate) fn metadata(
        &mut self,
        topics: Option<&[&str]>,
        create: bool,
    ) -> Result<MetadataResponse, CliError> {
        let named = |name: &&str| MetadataRequestTopic::default().with_name(Some(topic_name(name)));
        let request = MetadataRequest::default()
            .with_topics(topics.map(|names| names.iter().map(named).collect()))
            .with_allow_auto_topic_creation(create);
        // Versions below 4 always create; asking only for what exists needs 4 or more.
        let versions = if create { METADATA } else { (4, METADATA.1) };
        let answer = self.call(ApiKey::Metadata, versions, &request)?;
        for broker in &answer.brokers {
            let address = if broker.host.contains(':') {
                format!("[{}]:{}", broker.host, broker.port)
            } else {
                format!("{}:{}", broker.host, broker.port)
            };
            self.addresses.insert(broker.node_id.0, address);
        }
        Ok(answer)
    }

    /// One topic whose partitions all have leaders; waits for that. `create` lets the broker
    /// create it, which shows after a moment, or not at all where it is switched off.
    pub(crate) fn topic(
        &mut self,
        name: &str,
        create: bool,
    ) -> Result<MetadataResponseTopic, CliError> {
        let deadline = self.deadline();
        let created_by = deadline.min(self.after(CREATION));
        loop {
            let answer = self.metadata(Some(&[name]), create)?;
            let topic =
                answer.topics.into_iter().next().ok_or_else(|| {
                    CliError::failed("the broker left the topic out of its answer")
                })?;
            let mut codes = vec![topic.error_code];
            codes.extend(topic.partitions.iter().map(|partition| partition.error_code));
            let Some(code) = codes.into_iter().find(|code| *code != 0) else { return Ok(topic) };
            let known = known(code);
            let appears = create && self.clock.now() < created_by;
            let wait = known == Some(ErrorCode::LeaderNotAvailable)
                || (appears && known == Some(ErrorCode::UnknownTopicOrPartition));
            if !wait {
                return Err(CliError::refused(&format!("topic \"{name}\""), code, None));
            }
            self.pause(deadline, &format!("topic \"{name}\""))?;
        }
    }
}

/// A topic's name for a request.
pub(crate) fn topic_name(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

/// Text for a request.
pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

//! What a started broker says of itself, and the READY line that scripts wait for.

use config::BrokerConfig;
use protocol_types::FlushPolicy;

use crate::node::Node;

/// Everything the banner shows.
#[derive(Debug)]
pub struct Banner<'a> {
    pub config: &'a BrokerConfig,
    pub node: &'a Node,
    pub file_limit: u64,
    /// How long the start took.
    pub millis: u64,
}

impl Banner<'_> {
    /// Prints to standard error. The last line begins with `READY` and is a stable contract.
    #[expect(clippy::print_stderr, reason = "the banner is for people, whatever the log level is")]
    pub fn print(&self) {
        eprint!("{}", self.text());
    }

    fn text(&self) -> String {
        let Self { config, node, file_limit, millis } = self;
        let (kafka, http) = (node.kafka_port(), node.http_port());
        let mut lines = vec![format!(
            "ringtide {}  node {}  cluster {}  pid {}",
            env!("CARGO_PKG_VERSION"),
            config.node_id.0,
            node.cluster(),
            broker_env::process::id(),
        )];
        let ring = node.partitions().occupancy();
        lines.push(format!(
            "  data      {}  (ring {} MiB, {} MiB used)   durability: {}",
            config.data_dir.display(),
            ring.capacity >> 20,
            ring.used >> 20,
            match node.flush_policy() {
                FlushPolicy::Fsync => "fsync before each acknowledgement, by group",
                FlushPolicy::Async =>
                    "async: acknowledged records may be lost on a crash (2 ms) or power loss (1 s)",
            },
        ));
        for listener in node.listeners() {
            let guess = if listener.bind.is_wildcard() && !listener.advertised_given {
                "  (the bind is a wildcard; set --advertise for clients elsewhere)"
            } else {
                ""
            };
            lines.push(format!(
                "  kafka     {}  {}  advertised as {}{guess}",
                listener.name, listener.bind, listener.advertised
            ));
        }
        lines.push(format!(
            "  http      {}   /metrics  /livez  /readyz",
            config.http_bind.at_port(http)
        ));
        lines.push(format!("  limits    {file_limit} open files"));
        if !node.listeners().iter().all(|listener| listener.bind.is_loopback()) {
            lines.push(
                "! there is no authentication yet: whoever reaches this port can read, write and \
                 delete everything"
                    .to_owned(),
            );
        }
        lines.push(format!(
            "  try:  echo hello | ringtide topic produce hello -b localhost:{kafka}\n        \
             ringtide topic consume hello -b localhost:{kafka} --from start\n        \
             kcat -b localhost:{kafka} -L"
        ));
        lines.push(format!("READY  kafka={kafka} http={http} in {millis} ms\n"));
        lines.join("\n")
    }
}

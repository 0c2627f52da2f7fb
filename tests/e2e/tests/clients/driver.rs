//! One driver program per client library, and what its library cannot do. How each is started stands in
//! `command`.

mod command;

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

pub(super) use command::{drivers, folder, place};

/// A client library behind a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    Confluent,
    Rdkafka,
    Kcat,
    Java,
    JavaOld,
    KafkaPython,
    KafkaPythonOld,
    Aiokafka,
    Kafkajs,
    Platformatic,
    Franz,
}

pub(super) const ALL: [Driver; 11] = [
    Driver::Confluent,
    Driver::Rdkafka,
    Driver::Kcat,
    Driver::Java,
    Driver::JavaOld,
    Driver::KafkaPython,
    Driver::KafkaPythonOld,
    Driver::Aiokafka,
    Driver::Kafkajs,
    Driver::Platformatic,
    Driver::Franz,
];

impl Driver {
    /// Prefix of its topics, and its name in the table of clients.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Confluent => "confluent-kafka",
            Self::Rdkafka => "rdkafka",
            Self::Kcat => "kcat",
            Self::Java => "java",
            Self::JavaOld => "java-old",
            Self::KafkaPython => "kafka-python",
            Self::KafkaPythonOld => "kafka-python-old",
            Self::Aiokafka => "aiokafka",
            Self::Kafkajs => "kafkajs",
            Self::Platformatic => "platformatic",
            Self::Franz => "franz-go",
        }
    }

    /// The name under which `scenario.json` lists records that it cannot write.
    pub(super) fn family(self) -> &'static str {
        if self == Self::KafkaPythonOld { Self::KafkaPython.name() } else { self.name() }
    }

    /// On the Node.js that the tests run with, one of the two JavaScript clients lacks zstd.
    pub(super) fn has_codec(self, codec: &str) -> bool {
        !(self == Self::Platformatic && codec == "zstd")
    }

    /// Java's clients and Python's put frames around snappy, which one client cannot read.
    pub(super) fn reads(self, codec: &str, by: Self) -> bool {
        let frames = matches!(
            by,
            Self::Java | Self::JavaOld | Self::KafkaPython | Self::KafkaPythonOld | Self::Aiokafka
        );
        self.has_codec(codec) && !(self == Self::Platformatic && codec == "snappy" && frames)
    }

    /// kcat cannot set the timestamp of a record.
    pub(super) fn sets_timestamps(self) -> bool {
        self != Self::Kcat
    }

    pub(super) fn is_idempotent(self) -> bool {
        !matches!(self, Self::Kcat | Self::KafkaPythonOld)
    }

    /// kcat shows a header with an empty value as it shows one without a value.
    pub(super) fn tells_empty_header_from_null(self) -> bool {
        self != Self::Kcat
    }

    /// kafkajs shows the headers of a record by their keys.
    pub(super) fn keeps_order_of_headers(self) -> bool {
        self != Self::Kafkajs
    }

    /// Steps of `admin`, `errors` and `group` that the library has no call for, or no code.
    pub(super) fn lacks(self) -> &'static [&'static str] {
        match self {
            Self::Rdkafka => &["altered", "offsets", "offset altered", "offset deleted"],
            Self::Confluent => &["offset deleted"],
            Self::KafkaPython => &["produce unknown"],
            Self::KafkaPythonOld => &[
                "altered",
                "records deleted",
                "produce unknown",
                "null key",
                "fenced",
                "offset altered",
                "offset deleted",
            ],
            Self::Aiokafka => &[
                "null key",
                "fenced",
                "delete used",
                "offset altered",
                "offset deleted",
                "group deleted",
                "delete unknown group",
            ],
            Self::Kafkajs => &["out of range", "fenced", "offset deleted"],
            Self::Platformatic => &["describe unknown", "produce unknown", "fenced"],
            Self::Kcat | Self::Java | Self::JavaOld | Self::Franz => &[],
        }
    }

    /// Static members came to kafka-python after 2.0.2, and never to kafkajs.
    pub(super) fn has_static_members(self) -> bool {
        !matches!(self, Self::KafkaPythonOld | Self::Kafkajs)
    }

    /// kcat neither commits nor seeks when told to, and administers no groups.
    pub(super) fn takes_orders(self) -> bool {
        self != Self::Kcat
    }

    /// Who writes where this one reads: kcat reports no offsets.
    pub(super) fn writer(self) -> Self {
        if self == Self::Kcat { Self::Confluent } else { self }
    }

    /// Whether its description of a group covers those of the consumer protocol.
    pub(super) fn describes_consumer_groups(self) -> bool {
        matches!(self, Self::Java | Self::Confluent | Self::Franz)
    }

    /// Runs the driver and returns the lines that it writes.
    pub(super) fn run(self, words: &[&str]) -> Result<Vec<Value>> {
        let mut command = self.command();
        let out = command
            .args(words)
            .output()
            .with_context(|| format!("cannot start {command:?}: run `cargo xtask install`"))?;
        let said = String::from_utf8_lossy(&out.stderr);
        ensure!(out.status.success(), "{self:?} {words:?}: {}\n{said}", out.status);
        let lines = String::from_utf8(out.stdout)?;
        let start = |line: &str| line.chars().take(200).collect::<String>();
        lines.lines().map(|line| serde_json::from_str(line).context(start(line))).collect()
    }

    /// The driver without the words of a command.
    pub(super) fn command(self) -> Command {
        command::of(self)
    }
}

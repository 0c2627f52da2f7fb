//! The table of proofs: what each runs, and how long a form of it.

pub(super) struct Proof {
    pub(super) name: &'static str,
    /// As it stands in docs/PROOFS.md.
    pub(super) what: &'static str,
    pub(super) run: Run,
    /// Environment variables that ask for the long form.
    pub(super) length: &'static [(&'static str, &'static str)],
    /// Lines of its output that hold this are its figures; without it, the number of tests that passed.
    pub(super) figure: Option<&'static str>,
    /// Stopped after this many seconds.
    pub(super) limit: u64,
}

/// What a proof runs.
pub(super) enum Run {
    /// The tests whose names hold the first word, as CI builds them but against the broker that users run:
    /// optimised. Further words go to the test binary.
    Tests(&'static [&'static str]),
    /// A command of `xtask`, against that broker as well.
    Xtask(&'static [&'static str]),
    /// Rows of the fuzz table under libFuzzer.
    LibFuzzer(&'static [&'static str]),
}

use Run::{LibFuzzer, Tests, Xtask};

/// A program of others at work on a broker of ours: one test of the suite `ecosystem`.
const fn ecosystem(
    name: &'static str,
    what: &'static str,
    length: &'static [(&'static str, &'static str)],
) -> Proof {
    Proof {
        name,
        what,
        run: Tests(&["ecosystem::"]),
        length,
        figure: Some("ecosystem: "),
        limit: 1800,
    }
}

/// The tests of a client library itself.
const fn suite(
    name: &'static str,
    what: &'static str,
    length: &'static [(&'static str, &'static str)],
    figure: &'static str,
) -> Proof {
    Proof {
        name,
        what,
        run: Tests(&["clients::public"]),
        length,
        figure: Some(figure),
        limit: 3600,
    }
}

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        name: "kill",
        what: "kill -9 under idempotent load: nothing lost, nothing duplicated, offsets gapless",
        run: Tests(&["storage::kill"]),
        length: &[("RINGTIDE_KILLS", "200")],
        figure: Some(" kills, "),
        limit: 3 * 3600,
    },
    Proof {
        name: "image",
        what: "the image's last stage without an engine, the stage that builds is not: healthy as user 1000 on a \
               read-only root, exit 0 when told to stop",
        run: Xtask(&["image"]),
        length: &[],
        figure: Some("image: "),
        limit: 3600,
    },
    Proof {
        name: "commits",
        what: "kill -9 while 20 consumers commit: no committed offset goes back",
        run: Tests(&["storage::commits::no_committed"]),
        length: &[("RINGTIDE_KILLS", "200")],
        figure: Some(" kills, "),
        limit: 3 * 3600,
    },
    Proof {
        name: "offsets",
        what: "10,000,000 committed offsets: log, disk, memory and loading time stay flat",
        run: Tests(&["storage::commits::flat"]),
        length: &[("RINGTIDE_COMMITS", "10000000")],
        figure: Some("commits: "),
        limit: 3 * 3600,
    },
    Proof {
        name: "crash",
        what: "crash-state enumeration of the ring",
        run: Tests(&["crash::"]),
        length: &[("RINGTIDE_CRASH_SEEDS", "50")],
        figure: Some("Tally {"),
        limit: 3 * 3600,
    },
    Proof {
        name: "fuzz",
        what: "fuzz table, ten minutes a target",
        run: Tests(&["fuzz_"]),
        length: &[("RINGTIDE_FUZZ_SECONDS", "600")],
        figure: Some("Report {"),
        limit: 3 * 3600,
    },
    Proof {
        name: "libfuzzer",
        what: "fuzz table guided by coverage, ten minutes a target",
        run: LibFuzzer(&[
            "requests",
            "records",
            "ring",
            "sealed",
            "checkpoint",
            "metadata",
            "memberships",
            "group_records",
            "telemetry",
        ]),
        length: &[],
        figure: Some("Done "),
        limit: 3 * 3600,
    },
    Proof {
        name: "flights",
        what: "336,776 real flights produced by one client and read back by another, and again after kill -9",
        run: Xtask(&["demo", "flights", "--built"]),
        length: &[],
        figure: Some("verified "),
        limit: 1800,
    },
    Proof {
        name: "tools",
        what: "Kafka's own tools against Apache Kafka 4.3.1 and against Ringtide, outputs compared",
        run: Tests(&["tools::"]),
        length: &[("RINGTIDE_TOOLS", "full")],
        figure: Some("tools: "),
        limit: 3600,
    },
    ecosystem(
        "bytewax",
        "flights counted by a Bytewax dataflow",
        &[("RINGTIDE_ECOSYSTEM", "bytewax")],
    ),
    ecosystem(
        "quix",
        "flights counted by a Quix Streams application, with state and a changelog topic",
        &[("RINGTIDE_ECOSYSTEM", "quix")],
    ),
    ecosystem(
        "faust",
        "flights counted by a Faust agent in a consumer group",
        &[("RINGTIDE_ECOSYSTEM", "faust")],
    ),
    ecosystem(
        "spark",
        "flights counted by a structured streaming query of Spark",
        &[("RINGTIDE_ECOSYSTEM", "spark")],
    ),
    ecosystem(
        "flink",
        "flights counted by a query of Flink in SQL",
        &[("RINGTIDE_ECOSYSTEM", "flink")],
    ),
    ecosystem(
        "streams",
        "flights counted by Kafka Streams, through a repartition and a changelog topic",
        &[("RINGTIDE_ECOSYSTEM", "streams")],
    ),
    ecosystem(
        "debezium",
        "PostgreSQL into topics by Debezium: snapshot and live changes",
        &[("RINGTIDE_ECOSYSTEM", "debezium")],
    ),
    ecosystem(
        "camel",
        "a topic into an S3 bucket by Camel's sink",
        &[("RINGTIDE_ECOSYSTEM", "camel")],
    ),
    ecosystem(
        "apicurio",
        "Apicurio Registry with its storage in a topic, across a restart",
        &[("RINGTIDE_ECOSYSTEM", "apicurio")],
    ),
    Proof {
        name: "clients",
        what: "every client reads every codec of every client, and all that CI asks of them",
        run: Tests(&["clients::", "--test-threads=2"]),
        length: &[("RINGTIDE_CLIENTS", "full")],
        figure: None,
        limit: 3600,
    },
    suite(
        "franz-go",
        "franz-go's own tests of its client at 20,000 records",
        &[("RINGTIDE_SUITE", "franz-go")],
        "suite: franz-go",
    ),
    suite(
        "rdkafka",
        "the rdkafka crate's own tests",
        &[("RINGTIDE_SUITE", "rdkafka")],
        "suite: rdkafka",
    ),
    suite("rskafka", "rskafka's own tests", &[("RINGTIDE_SUITE", "rskafka")], "suite: rskafka"),
    Proof {
        name: "groups",
        what: "1,000 classic groups of ten members join and settle, processor time of the broker",
        run: Tests(&["groups::settle"]),
        length: &[("RINGTIDE_GROUPS", "1000")],
        figure: Some(" members settled"),
        limit: 1800,
    },
    Proof {
        name: "scrape",
        what: "a scrape of 10,000 partitions and 1,000 groups answers within 250 ms, nothing left out",
        run: Tests(&["prometheus::scrape"]),
        length: &[("RINGTIDE_SCRAPE_PARTITIONS", "10000"), ("RINGTIDE_SCRAPE_GROUPS", "1000")],
        figure: Some("scrape: "),
        limit: 1800,
    },
    Proof {
        name: "storm",
        what: "rebalance storms, 1,000 connections a second for 30 s, 10,000 idle connections",
        run: Tests(&["groups::storm"]),
        length: &[("RINGTIDE_STORM_SECONDS", "30"), ("RINGTIDE_IDLE", "10000")],
        figure: Some("storm of "),
        limit: 1800,
    },
];

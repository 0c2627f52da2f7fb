//! The table of proofs: what each runs, and how long a form of it.
//!
//! Commands that start a broker name the whole workspace, or the broker beside the tests: cargo builds no program
//! for the tests of another package, and a proof of an older broker would be none.

pub(super) struct Proof {
    pub(super) name: &'static str,
    /// As it stands in docs/PROOFS.md.
    pub(super) what: &'static str,
    /// The first word is `cargo` or `xtask`; or `libfuzzer`, followed by rows of the fuzz table.
    pub(super) command: &'static [&'static str],
    /// Environment variables that ask for the long form.
    pub(super) length: &'static [(&'static str, &'static str)],
    /// Lines of its output that hold this are its figures.
    pub(super) figure: &'static str,
    /// Stopped after this many seconds.
    pub(super) limit: u64,
}

/// A program of others at work on a broker of ours: one test of the suite `ecosystem`.
const fn ecosystem(
    name: &'static str,
    what: &'static str,
    length: &'static [(&'static str, &'static str)],
) -> Proof {
    let command =
        &["cargo", "test", "--workspace", "--test=it", "ecosystem::", "--", "--nocapture"];
    Proof { name, what, command, length, figure: "ecosystem: ", limit: 1800 }
}

/// The tests of a client library itself.
const fn suite(
    name: &'static str,
    what: &'static str,
    length: &'static [(&'static str, &'static str)],
) -> Proof {
    let command =
        &["cargo", "test", "--workspace", "--test=it", "clients::public", "--", "--nocapture"];
    Proof { name, what, command, length, figure: "suite: ", limit: 3600 }
}

pub(super) const PROOFS: &[Proof] = &[
    Proof {
        name: "kill",
        what: "kill -9 under idempotent load: nothing lost, nothing duplicated, offsets gapless",
        command: &[
            "cargo",
            "test",
            "--workspace",
            "--test=it",
            "storage::kill",
            "--",
            "--nocapture",
        ],
        length: &[("RINGTIDE_KILLS", "200")],
        figure: " kills, ",
        limit: 3 * 3600,
    },
    Proof {
        name: "image",
        what: "the image built without an engine: healthy as user 1000, stops when told",
        command: &["xtask", "image"],
        length: &[],
        figure: "image: ",
        limit: 3600,
    },
    Proof {
        name: "commits",
        what: "kill -9 while 20 consumers commit: no committed offset goes back",
        command: &[
            "cargo",
            "test",
            "--workspace",
            "--test=it",
            "storage::commits::no_committed",
            "--",
            "--nocapture",
        ],
        length: &[("RINGTIDE_KILLS", "200")],
        figure: " kills, ",
        limit: 3 * 3600,
    },
    Proof {
        name: "offsets",
        what: "10,000,000 committed offsets: log, disk, memory and loading time stay flat",
        command: &[
            "cargo",
            "test",
            "--workspace",
            "--test=it",
            "storage::commits::flat",
            "--",
            "--nocapture",
        ],
        length: &[("RINGTIDE_COMMITS", "10000000")],
        figure: "commits: ",
        limit: 3 * 3600,
    },
    Proof {
        name: "crash",
        what: "crash-state enumeration of the ring",
        command: &[
            "cargo",
            "test",
            "-p",
            "broker-wal",
            "--test=it",
            "crash::",
            "--",
            "--nocapture",
        ],
        length: &[("RINGTIDE_CRASH_SEEDS", "50")],
        figure: "Tally {",
        limit: 3 * 3600,
    },
    Proof {
        name: "fuzz",
        what: "fuzz table, ten minutes a target",
        command: &["cargo", "test", "--package=tests-fuzz", "--", "--nocapture"],
        length: &[("RINGTIDE_FUZZ_SECONDS", "600")],
        figure: "Report {",
        limit: 3 * 3600,
    },
    Proof {
        name: "libfuzzer",
        what: "fuzz table guided by coverage, ten minutes a target",
        command: &["libfuzzer", "requests", "records", "ring", "sealed", "checkpoint", "metadata"],
        length: &[],
        figure: "Done ",
        limit: 3 * 3600,
    },
    Proof {
        name: "flights",
        what: "336,776 real flights produced by one client and read back by another, and again after kill -9",
        command: &["xtask", "demo", "flights"],
        length: &[],
        figure: "verified ",
        limit: 1800,
    },
    Proof {
        name: "tools",
        what: "Kafka's own tools against Apache Kafka 4.3.1 and against Ringtide, outputs compared",
        command: &["cargo", "test", "--workspace", "--test=it", "tools::", "--", "--nocapture"],
        length: &[("RINGTIDE_TOOLS", "full")],
        figure: "tools: ",
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
        command: &[
            "cargo",
            "test",
            "--workspace",
            "--test=it",
            "clients::",
            "--",
            "--nocapture",
            "--test-threads=2",
        ],
        length: &[("RINGTIDE_CLIENTS", "full")],
        figure: "test result: ",
        limit: 3600,
    },
    suite(
        "franz-go",
        "franz-go's own tests of its client at 20,000 records",
        &[("RINGTIDE_SUITE", "franz-go")],
    ),
    suite("rdkafka", "the rdkafka crate's own tests", &[("RINGTIDE_SUITE", "rdkafka")]),
    suite("rskafka", "rskafka's own tests", &[("RINGTIDE_SUITE", "rskafka")]),
    Proof {
        name: "groups",
        what: "1,000 classic groups of ten members join and settle, processor time of the broker",
        command: &[
            "cargo",
            "test",
            "--release",
            "-p",
            "broker",
            "-p",
            "tests-e2e",
            "groups::settle",
            "--",
            "--nocapture",
        ],
        length: &[("RINGTIDE_GROUPS", "1000")],
        figure: " members settled",
        limit: 1800,
    },
    Proof {
        name: "storm",
        what: "rebalance storms, 1,000 connections a second for 30 s, 10,000 idle connections",
        command: &[
            "cargo",
            "test",
            "--release",
            "-p",
            "broker",
            "-p",
            "tests-e2e",
            "groups::storm",
            "--",
            "--nocapture",
        ],
        length: &[("RINGTIDE_STORM_SECONDS", "30"), ("RINGTIDE_IDLE", "10000")],
        figure: "storm of ",
        limit: 1800,
    },
];

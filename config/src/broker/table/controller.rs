//! The metadata quorum and its log.

use crate::broker::key::{BrokerKey, boolean, int, list, long, string};

pub(super) const KEYS: &[BrokerKey] = &[
    list("controller.listener.names", "Listeners of the controller; it has none of its own here.")
        .shown(),
    int("controller.quorum.append.linger.ms", "How long the leader of the quorum gathers writes.")
        .or("25")
        .at_least(0),
    boolean(
        "controller.quorum.auto.join.enable",
        "Whether a new controller joins the quorum's voters by itself.",
    )
    .or("false"),
    list("controller.quorum.bootstrap.servers", "Controllers to ask for the quorum's members.")
        .or(""),
    int(
        "controller.quorum.election.backoff.max.ms",
        "Longest pause before a failed election is tried again.",
    )
    .or("1000")
    .at_least(0),
    int("controller.quorum.election.timeout.ms", "How long an election may stay undecided.")
        .or("1000")
        .at_least(0),
    int(
        "controller.quorum.fetch.max.bytes",
        "Most bytes of metadata log one fetch of the quorum asks for.",
    )
    .or("1048576")
    .at_least(1),
    int(
        "controller.quorum.fetch.snapshot.max.bytes",
        "Most bytes of a metadata snapshot one fetch asks for.",
    )
    .or("1048576")
    .at_least(1),
    int(
        "controller.quorum.fetch.timeout.ms",
        "How long a voter goes without a successful fetch before it starts an \
            election.",
    )
    .or("2000")
    .at_least(0),
    int("controller.quorum.request.timeout.ms", "How long a request within the quorum may take.")
        .or("2000")
        .at_least(0),
    int(
        "controller.quorum.retry.backoff.ms",
        "Pause before a failed request within the quorum is sent again.",
    )
    .or("20")
    .at_least(0),
    list("controller.quorum.voters", "Voters of a fixed quorum: ID@HOST:PORT, by comma.").or(""),
    int("controller.socket.timeout.ms", "How long a request to the controller may take.")
        .or("30000"),
    string("metadata.log.dir", "Directory of the metadata log; it is in the data directory here."),
    long(
        "metadata.log.max.record.bytes.between.snapshots",
        "Metadata bytes after which a snapshot is made.",
    )
    .or("20971520")
    .at_least(1),
    long(
        "metadata.log.max.snapshot.interval.ms",
        "Time after which a snapshot of the metadata is made.",
    )
    .or("3600000")
    .at_least(0),
    int("metadata.log.segment.bytes", "Size of one file of the metadata log.")
        .or("1073741824")
        .at_least(8_388_608),
    long("metadata.log.segment.ms", "Age of one file of the metadata log.").or("604800000"),
    int("metadata.max.idle.interval.ms", "How often an idle controller writes a no-op record.")
        .or("500")
        .at_least(0),
    long("metadata.max.retention.bytes", "Most bytes of metadata log and snapshots that are kept.")
        .or("104857600"),
    long("metadata.max.retention.ms", "How long old metadata log and snapshots are kept.")
        .or("604800000"),
];

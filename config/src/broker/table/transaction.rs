//! Transactions and their coordinator.

use crate::broker::key::{BrokerKey, boolean, int, short};

pub(super) const KEYS: &[BrokerKey] = &[
    int(
        "add.partitions.to.txn.retry.backoff.max.ms",
        "Longest pause before a partition is verified with the coordinator again.",
    )
    .or("100")
    .at_least(0),
    int(
        "add.partitions.to.txn.retry.backoff.ms",
        "First pause before a partition is verified with the coordinator again.",
    )
    .or("20")
    .at_least(1),
    int(
        "transaction.abort.timed.out.transaction.cleanup.interval.ms",
        "How often transactions that ran out of time are aborted.",
    )
    .or("10000")
    .at_least(1),
    int("transaction.max.timeout.ms", "Longest transaction timeout a producer may ask for.")
        .or("900000")
        .at_least(1),
    boolean(
        "transaction.partition.verification.enable",
        "Whether a partition is verified to belong to a transaction.",
    )
    .or("true")
    .cluster_wide(),
    int(
        "transaction.remove.expired.transaction.cleanup.interval.ms",
        "How often expired transactional ids are removed.",
    )
    .or("3600000")
    .at_least(1),
    int(
        "transaction.state.log.load.buffer.size",
        "Batch size of reading state when a transaction coordinator loads.",
    )
    .or("5242880")
    .at_least(1),
    int("transaction.state.log.min.isr", "In-sync replicas the transaction state topic wants.")
        .or("2")
        .at_least(1),
    int("transaction.state.log.num.partitions", "Partitions of the transaction state topic.")
        .or("50")
        .at_least(1),
    short(
        "transaction.state.log.replication.factor",
        "Replication factor of the transaction state topic.",
    )
    .or("3")
    .at_least(1),
    int("transaction.state.log.segment.bytes", "Segment size of the transaction state topic.")
        .or("104857600")
        .at_least(1),
    boolean(
        "transaction.two.phase.commit.enable",
        "Whether a transaction may be prepared and stay open without a timeout.",
    )
    .or("false"),
    int("transactional.id.expiration.ms", "How long an unused transactional id is kept.")
        .or("604800000")
        .at_least(1),
];

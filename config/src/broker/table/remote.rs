//! Tiered storage.

use crate::broker::key::{BrokerKey, boolean, int, long, string};

pub(super) const KEYS: &[BrokerKey] = &[
    int("remote.fetch.max.wait.ms", "How long a fetch waits for the tier.")
        .or("500")
        .at_least(1)
        .cluster_wide(),
    long("remote.list.offsets.request.timeout.ms", "How long a lookup by time waits for the tier.")
        .or("30000")
        .at_least(1)
        .cluster_wide(),
    long("remote.log.index.file.cache.total.size.bytes", "Disk space for indexes of the tier.")
        .or("1073741824")
        .at_least(1)
        .cluster_wide(),
    int("remote.log.manager.copier.thread.pool.size", "Threads that copy segments to the tier.")
        .or("10")
        .at_least(1)
        .cluster_wide(),
    long("remote.log.manager.copy.max.bytes.per.second", "Most bytes a second copied to the tier.")
        .or("9223372036854775807")
        .at_least(1)
        .cluster_wide(),
    int("remote.log.manager.copy.quota.window.num", "Samples kept for the limit of copying.")
        .or("11")
        .at_least(1),
    int("remote.log.manager.copy.quota.window.size.seconds", "Length of such a sample.")
        .or("1")
        .at_least(1),
    int(
        "remote.log.manager.expiration.thread.pool.size",
        "Threads that delete expired segments of the tier.",
    )
    .or("10")
    .at_least(1)
    .cluster_wide(),
    long(
        "remote.log.manager.fetch.max.bytes.per.second",
        "Most bytes a second read from the tier.",
    )
    .or("9223372036854775807")
    .at_least(1)
    .cluster_wide(),
    int("remote.log.manager.fetch.quota.window.num", "Samples kept for the limit of reading.")
        .or("11")
        .at_least(1),
    int("remote.log.manager.fetch.quota.window.size.seconds", "Length of such a sample.")
        .or("1")
        .at_least(1),
    int(
        "remote.log.manager.follower.thread.pool.size",
        "Threads for the followers' part in tiering.",
    )
    .or("2")
    .at_least(1)
    .cluster_wide(),
    long("remote.log.manager.task.interval.ms", "How often tiering looks for work.")
        .or("30000")
        .at_least(1),
    int("remote.log.manager.thread.pool.size", "Older name of the followers' threads.")
        .or("2")
        .at_least(1),
    int(
        "remote.log.metadata.custom.metadata.max.bytes",
        "Largest metadata a plugin may attach to a segment.",
    )
    .or("128")
    .at_least(0),
    string("remote.log.metadata.manager.class.name", "Class that keeps the metadata of the tier.")
        .or("\
            org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager")
        .refused(),
    string("remote.log.metadata.manager.class.path", "Where that class is found.").refused(),
    string("remote.log.metadata.manager.impl.prefix", "Prefix of that class's own settings.")
        .or("rlmm.config."),
    string("remote.log.metadata.manager.listener.name", "Listener that class connects to."),
    int("remote.log.reader.max.pending.tasks", "Most reads from the tier that wait.")
        .or("100")
        .at_least(1),
    int("remote.log.reader.threads", "Threads that read from the tier.")
        .or("10")
        .at_least(1)
        .cluster_wide(),
    string("remote.log.storage.manager.class.name", "Class that stores segments in the tier.")
        .refused(),
    string("remote.log.storage.manager.class.path", "Where that class is found.").refused(),
    string("remote.log.storage.manager.impl.prefix", "Prefix of that class's own settings.")
        .or("rsm.config."),
    boolean("remote.log.storage.system.enable", "Whether topics can be tiered.")
        .or("false")
        .refused(),
];

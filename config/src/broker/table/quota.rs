//! Windows of the quotas' reckoning.

use crate::broker::key::{BrokerKey, class, int};

pub(super) const KEYS: &[BrokerKey] = &[
    int(
        "alter.log.dirs.replication.quota.window.num",
        "Samples kept for the throttle of moves between directories.",
    )
    .or("11")
    .at_least(1),
    int("alter.log.dirs.replication.quota.window.size.seconds", "Length of such a sample.")
        .or("1")
        .at_least(1),
    class("client.quota.callback.class", "Class that decides clients' quotas.").refused(),
    int("controller.quota.window.num", "Samples kept for quotas of changes to topics.")
        .or("11")
        .at_least(1)
        .effective(),
    int("controller.quota.window.size.seconds", "Length of such a sample.")
        .or("1")
        .at_least(1)
        .effective(),
    int("quota.window.num", "Samples kept for clients' quotas.").or("11").at_least(1).effective(),
    int("quota.window.size.seconds", "Length of such a sample.").or("1").at_least(1).effective(),
    int("replication.quota.window.num", "Samples kept for the throttle of replication.")
        .or("11")
        .at_least(1),
    int("replication.quota.window.size.seconds", "Length of such a sample.").or("1").at_least(1),
];

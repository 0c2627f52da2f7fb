//! Requests about clients' metrics.

use super::{Field, boolean, int8, int32, records, uuid};

pub(super) const GET_TELEMETRY_SUBSCRIPTIONS: &[Field] = &[uuid("ClientInstanceId")];

pub(super) const PUSH_TELEMETRY: &[Field] = &[
    uuid("ClientInstanceId"),
    int32("SubscriptionId"),
    boolean("Terminating"),
    int8("CompressionType"),
    records("Metrics"),
];

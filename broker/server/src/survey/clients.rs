//! Connections and requests by clients' software.

use super::text::{Exposition, float};
use crate::software::SoftwareTable;

pub(super) fn write(software: &SoftwareTable, out: &mut Exposition) {
    let all = software.all();
    out.gauge(
        "ringtide_kafka_client_connections",
        "Open connections by the name and version their clients give (KIP-511).",
    );
    for seen in &all {
        let labels =
            [("client_software_name", &*seen.name), ("client_software_version", &*seen.version)];
        out.sample(&labels, float(seen.connections()));
    }
    out.counter(
        "ringtide_kafka_client_requests_total",
        "Requests answered by the name and version their clients give.",
    );
    for seen in &all {
        let labels =
            [("client_software_name", &*seen.name), ("client_software_version", &*seen.version)];
        out.sample(&labels, float(seen.requests()));
    }
}

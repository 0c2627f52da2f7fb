//! Counters of the hosted partitions, registered once.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

#[derive(Clone)]
pub(crate) struct PartitionMetrics {
    /// Batches refused because the ring had no room.
    pub appends_refused: Counter,
    pub sealed_files: Counter,
    pub sealed_bytes: Counter,
    pub seal_errors: Counter,
    pub files: Gauge,
    /// Files written in the space of dead ones.
    pub files_reused: Counter,
    pub spare_bytes: Gauge,
    /// Pieces that were not read ahead for want of room.
    pub not_read_ahead: Counter,
}

impl std::fmt::Debug for PartitionMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartitionMetrics")
    }
}

impl PartitionMetrics {
    pub(crate) fn register() -> Self {
        describe_counter!(
            "ringtide_appends_refused_total",
            "Batches refused because the ring log had no room."
        );
        describe_counter!("ringtide_sealed_files_total", "Files sealed.");
        describe_counter!("ringtide_sealed_bytes_total", "Bytes written to sealed files.");
        describe_counter!("ringtide_seal_errors_total", "Sealing or dropping of data that failed.");
        describe_gauge!("ringtide_sealed_files", "Sealed files that hold live data.");
        describe_counter!(
            "ringtide_sealed_files_reused_total",
            "Files sealed in the space of dead ones."
        );
        describe_gauge!(
            "ringtide_sealed_spare_bytes",
            "Bytes of dead files that wait to be written over."
        );
        describe_counter!(
            "ringtide_read_ahead_refused_total",
            "Pieces of sealed files that were not read ahead: as much as may was waiting for its readers."
        );
        Self {
            appends_refused: counter!("ringtide_appends_refused_total"),
            sealed_files: counter!("ringtide_sealed_files_total"),
            sealed_bytes: counter!("ringtide_sealed_bytes_total"),
            seal_errors: counter!("ringtide_seal_errors_total"),
            files: gauge!("ringtide_sealed_files"),
            files_reused: counter!("ringtide_sealed_files_reused_total"),
            not_read_ahead: counter!("ringtide_read_ahead_refused_total"),
            spare_bytes: gauge!("ringtide_sealed_spare_bytes"),
        }
    }
}

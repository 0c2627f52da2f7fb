//! The table.

mod checkpoint;
mod disk;
mod group;
mod group_records;
mod memberships;
mod metadata;
mod records;
mod requests;
mod ring;
mod sealed;
mod telemetry;

pub use checkpoint::CHECKPOINT;
pub use group_records::GROUP_RECORDS;
pub use memberships::MEMBERSHIPS;
pub use metadata::METADATA;
pub use records::RECORDS;
pub use requests::REQUESTS;
pub use ring::RING;
pub use sealed::SEALED;
pub use telemetry::TELEMETRY;

/// What bytes of a client may cost: four times themselves and 64 KiB.
const fn of_client_bytes(length: usize) -> u64 {
    4 * length as u64 + (64 << 10)
}

//! The table.

mod records;
mod requests;

pub use records::RECORDS;
pub use requests::REQUESTS;

/// What bytes of a client may cost: four times themselves and 64 KiB.
const fn of_client_bytes(length: usize) -> u64 {
    4 * length as u64 + (64 << 10)
}

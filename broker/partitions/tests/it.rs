//! The hosted partitions as their users meet them, on an in-memory disk: append, read, seal,
//! restart, faults.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says where it stopped"
)]

#[path = "it/append_read.rs"]
mod append_read;
#[path = "it/coordinator_log.rs"]
mod coordinator_log;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/fixture.rs"]
mod fixture;
#[path = "it/lookup.rs"]
mod lookup;
#[path = "it/paging.rs"]
mod paging;
#[path = "it/restart.rs"]
mod restart;
#[path = "it/retention.rs"]
mod retention;
#[path = "it/seal.rs"]
mod seal;

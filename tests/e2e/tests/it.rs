//! The one integration binary: black-box runs of the `ringtide` program.
//!
//! One module per suite of `cargo xtask test`, chosen there by name: `storage`, `hostile`, `traps`, `terminal`,
//! `clients`, `tools`, `connect`. A test starts its own broker through `tests_e2e::broker` and shares nothing with others.

mod clients;
mod connect;
mod ecosystem;
mod groups;
mod hostile;
mod prometheus;
mod storage;
mod terminal;
mod tools;
mod traps;

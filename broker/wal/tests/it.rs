//! The ring log from outside: everything a neighbour crate can observe.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "it/crash.rs"]
mod crash;
#[path = "it/damage.rs"]
mod damage;
#[path = "it/harness.rs"]
mod harness;
#[path = "it/model.rs"]
mod model;
#[path = "it/open.rs"]
mod open;
#[path = "it/run.rs"]
mod run;
#[path = "it/workload.rs"]
mod workload;

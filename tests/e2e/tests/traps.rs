//! The compatibility traps that concern what is served: tables, one row per trap and its number.
//!
//! The rows here are what a client sees of a running broker; traps that show in bytes alone have
//! their rows beside the code. `docs/traps.md` says where each trap is tested.

mod admin;
mod ask;
mod commits;
mod commits_by_id;
mod fetch;
mod metadata;
mod offsets;
mod produce;
mod produce_by_id;
mod protocol;
mod quotas;
mod single;
mod telemetry;

use anyhow::Result;
use tests_e2e::broker::Broker;

/// One row: what must hold of a fresh broker.
pub(crate) type Check = fn(&Broker) -> Result<()>;

//! Real Kafka clients: each producer writes once, each consumer reads all, bytes are equal; members of groups
//! come, go and die; and the broker does.
//!
//! The drivers in `tests/e2e/clients` report what their library did; what they must report stands here.
//! `cargo xtask install` provides the libraries. What each client could do is left as outcomes, from which
//! `cargo xtask matrix` makes the table in `docs/compatibility.md`.

mod administration;
mod consumer_protocol;
mod crew;
mod driver;
mod lines;
mod matrix;
mod membership;
mod outcomes;
mod peer;
mod public;
mod restart;
mod scenario;
mod stored;

use std::collections::BTreeMap;

use serde_json::Value;

/// What a driver says of a step, by the step's name.
type Cases = BTreeMap<String, Value>;

//! Real Kafka clients: each producer writes once, each consumer reads all, bytes are equal.
//!
//! The drivers in `tests/e2e/clients` report what their library did; what they must report stands here.
//! `cargo xtask install` provides the libraries. Consumers assign partitions, since groups are not served yet.

mod administration;
mod driver;
mod lines;
mod matrix;
mod scenario;
mod stored;

use std::collections::BTreeMap;

use serde_json::Value;

/// What a driver says of a step, by the step's name.
type Cases = BTreeMap<String, Value>;

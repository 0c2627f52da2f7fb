//! Clients' metrics (KIP-714): who is to push what, and what was pushed.
//!
//! Owns subscriptions, the instances of clients with the rules of their requests, and the newest
//! value of each series they push. Pure: the clock is passed in. Everything a client can grow is
//! bounded here. Must never know the wire, metadata, or how series are shown.

#![deny(clippy::indexing_slicing)]

mod client;
mod instance;
mod instances;
mod otlp;
mod pushed;
mod subscription;

pub use client::{Client, InstanceId};
pub use instance::Push;
pub use instances::{Granted, Shown, Telemetry};
pub use otlp::{Attribute, Malformed, Point, read_points};
pub use pushed::Pushed;
pub use subscription::{InvalidSubscription, KEYS, Subscription, SubscriptionKey};

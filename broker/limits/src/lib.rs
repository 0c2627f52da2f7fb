//! How much a client may do, and how long it has to wait: the arithmetic of quotas.
//!
//! Pure: the clock is passed in, nothing is locked and nobody is muted here. Rates and token buckets
//! follow Kafka's, so that a quota means here what it means there. Must never know metadata, the
//! wire, or sockets: whoever enforces a quota asks how long, tells the client and holds it back.

mod client_quotas;
mod meter;
mod rate;
mod token_bucket;

pub use client_quotas::{BucketName, ClientQuota, ClientQuotas, EntityPart};
pub use meter::{Meter, Windows};
pub use rate::{Measured, Rate, Sampling};
pub use token_bucket::TokenBucket;

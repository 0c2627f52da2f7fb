//! A shard: one thread, one runtime, the connections that live on it.

pub(crate) mod acks;
pub(crate) mod deadlines;

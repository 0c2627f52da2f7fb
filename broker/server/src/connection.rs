//! One client connection, from its first byte to its last, on one shard.

pub(crate) mod inbox;
pub(crate) mod outbox;
pub(crate) mod pending;

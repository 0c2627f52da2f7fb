//! Which shard answers for a group or a transactional id: Kafka's rule, which tools rely on.

/// Number of a shard: the partition of the coordinator's topic that it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardIndex(pub u32);

/// The shard of `id` among `shards`: Java's hash of the text without its sign, modulo `shards`.
///
/// # Panics
/// If there are no shards.
#[must_use]
pub fn shard_of(id: &str, shards: u32) -> ShardIndex {
    assert!(shards > 0, "a coordinator's topic has partitions");
    let hash = id
        .encode_utf16()
        .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    ShardIndex((hash & 0x7fff_ffff) % shards)
}

#[cfg(test)]
mod tests;

//! A map that is cheap to clone and cheap to change afterwards.
//!
//! A fixed number of ordered maps behind reference counts: a clone copies pointers, a change after
//! a clone copies one shard. With 10,000 topics a change copies some 40 entries, not 10,000.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

const SHARDS: usize = 256;

/// See the module documentation. `K: Shard` picks the shard.
#[derive(Clone, Debug)]
pub(crate) struct Sharded<K, V> {
    shards: Arc<[Arc<BTreeMap<K, V>>]>,
    len: usize,
}

/// Spreads keys over shards.
pub(crate) trait Shard {
    /// Any number; the same for equal keys.
    fn shard(&self) -> u8;
}

impl Shard for str {
    fn shard(&self) -> u8 {
        // FNV-1a, folded: names often share a prefix and end in a number.
        let hash = self
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let [a, b, c, d] = hash.to_le_bytes();
        a ^ b ^ c ^ d
    }
}

impl Shard for protocol_types::TopicId {
    fn shard(&self) -> u8 {
        self.0.iter().fold(0, |fold, byte| fold ^ byte)
    }
}

impl<K: Ord + Clone, V: Clone> Default for Sharded<K, V> {
    fn default() -> Self {
        let empty = Arc::new(BTreeMap::new());
        Self { shards: (0..SHARDS).map(|_| Arc::clone(&empty)).collect(), len: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> Sharded<K, V> {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get<Q: Ord + Shard + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.shards.get(usize::from(key.shard()))?.get(key)
    }

    pub(crate) fn insert<Q: Ord + Shard + ?Sized>(&mut self, key: K, value: V)
    where
        K: Borrow<Q>,
    {
        let shard = usize::from(key.borrow().shard());
        if let Some(map) = Arc::make_mut(&mut self.shards).get_mut(shard)
            && Arc::make_mut(map).insert(key, value).is_none()
        {
            self.len += 1;
        }
    }

    pub(crate) fn remove<Q: Ord + Shard + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let map = Arc::make_mut(&mut self.shards).get_mut(usize::from(key.shard()))?;
        if !map.contains_key(key) {
            return None;
        }
        self.len -= 1;
        Arc::make_mut(map).remove(key)
    }

    /// Every value, in no order a caller may rely on (but the same in every run).
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.shards.iter().flat_map(|map| map.values())
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Sharded<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.shards == other.shards
    }
}

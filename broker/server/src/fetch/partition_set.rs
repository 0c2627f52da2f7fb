//! The partitions of a fetch or of a session, in the order in which they are served.
//!
//! A partition's place is a number that rises: who is served last stands last. Few partitions, which
//! is what most fetches name, are looked up one by one; an index is made for more. Pure: `E` is what
//! its owner keeps for each.

use broker_env::HashMap;

use super::session::PartitionKey;

/// So many are looked up without an index.
const FEW: usize = 8;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct PartitionSet<E> {
    /// By place; empty where a partition was removed or has moved to the end.
    slots: Vec<(u64, Option<(PartitionKey, E)>)>,
    /// Slots that are not empty.
    held: usize,
    /// Where each partition is; empty as long as they are few.
    places: HashMap<PartitionKey, u64>,
    next: u64,
}

impl<E> Default for PartitionSet<E> {
    fn default() -> Self {
        Self { slots: Vec::new(), held: 0, places: HashMap::default(), next: 0 }
    }
}

impl<E> PartitionSet<E> {
    pub(crate) const fn len(&self) -> usize {
        self.held
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Partitions that it has memory for.
    pub(crate) const fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Removes all, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.places.clear();
        (self.held, self.next) = (0, 0);
    }

    /// Adds a partition at the end, or lets `update` change the one that is there.
    pub(crate) fn upsert<W>(
        &mut self,
        key: PartitionKey,
        wanted: W,
        update: impl FnOnce(&mut E, W),
        new: impl FnOnce(W) -> E,
    ) {
        if let Some(entry) = self.place_of(&key).and_then(|place| self.get_mut(place)) {
            update(entry, wanted);
        } else {
            self.push(key, new(wanted));
        }
    }

    pub(crate) fn remove(&mut self, key: &PartitionKey) -> Option<E> {
        let place = self.place_of(key)?;
        let (_, entry) = self.take(place)?;
        self.places.remove(key);
        self.drop_empty();
        Some(entry)
    }

    /// All partitions in their order, each with its place.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &PartitionKey, &mut E)> {
        self.slots
            .iter_mut()
            .filter_map(|(place, slot)| slot.as_mut().map(|(key, entry)| (*place, &*key, entry)))
    }

    pub(crate) fn get(&self, place: u64) -> Option<(&PartitionKey, &E)> {
        let (_, slot) = self.slots.get(self.slot(place)?)?;
        slot.as_ref().map(|(key, entry)| (key, entry))
    }

    pub(crate) fn get_mut(&mut self, place: u64) -> Option<&mut E> {
        let at = self.slot(place)?;
        let (_, slot) = self.slots.get_mut(at)?;
        slot.as_mut().map(|(_, entry)| entry)
    }

    /// Moves a partition to the end: it has been served, others come first next time.
    pub(crate) fn move_to_end(&mut self, place: u64) {
        if self.slots.last().is_some_and(|(last, _)| *last == place) {
            return;
        }
        let Some((key, entry)) = self.take(place) else { return };
        self.push(key, entry);
        self.drop_empty();
    }

    fn push(&mut self, key: PartitionKey, entry: E) {
        self.next += 1;
        self.held += 1;
        if !self.places.is_empty() {
            self.places.insert(key.clone(), self.next);
        }
        self.slots.push((self.next, Some((key, entry))));
        if self.places.is_empty() && self.held > FEW {
            let slots = self.slots.iter();
            let keys = slots.filter_map(|(place, slot)| Some((&slot.as_ref()?.0, *place)));
            self.places = keys.map(|(key, place)| (key.clone(), place)).collect();
        }
    }

    /// Empties a slot.
    fn take(&mut self, place: u64) -> Option<(PartitionKey, E)> {
        let at = self.slot(place)?;
        let taken = self.slots.get_mut(at)?.1.take()?;
        self.held -= 1;
        Some(taken)
    }

    /// Empty slots are dropped once they are most: each costs its share of one pass.
    fn drop_empty(&mut self) {
        if self.slots.len() > 2 * self.held + FEW {
            self.slots.retain(|(_, slot)| slot.is_some());
        }
    }

    fn place_of(&self, key: &PartitionKey) -> Option<u64> {
        if !self.places.is_empty() {
            return self.places.get(key).copied();
        }
        let is_it = |held: &PartitionKey| held.index == key.index && held.topic == key.topic;
        let mut slots = self.slots.iter();
        let (place, _) =
            slots.find(|(_, slot)| slot.as_ref().is_some_and(|(held, _)| is_it(held)))?;
        Some(*place)
    }

    fn slot(&self, place: u64) -> Option<usize> {
        self.slots.binary_search_by_key(&place, |(place, _)| *place).ok()
    }
}

#[cfg(test)]
mod tests;

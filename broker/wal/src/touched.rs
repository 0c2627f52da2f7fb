//! Which partitions a group touched, each once, without allocation per append.
//!
//! Every partition has a stamp: the number of the last group that listed it.

use protocol_types::{LocalId, to_usize};

/// Local ids above this share stamps, so that a large id costs no memory; a partition may then be
/// listed twice, which costs a look and nothing else.
const STAMPS_MAX: usize = 1 << 20;

/// The list of the open group.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    list: Vec<LocalId>,
    /// By local id: the group that listed it last.
    stamps: Vec<Stamp>,
    /// Number of the open group, from 1.
    group: u32,
    /// Lists that were read and can be filled again.
    spare: Vec<Vec<LocalId>>,
}

#[derive(Clone, Copy, Debug)]
struct Stamp {
    group: u32,
    id: LocalId,
}

impl Touched {
    /// Begins the list of a new group.
    pub(crate) fn begin(&mut self) {
        debug_assert!(self.list.is_empty(), "the list before was taken");
        self.group = self.group.wrapping_add(1);
        if self.group == 0 {
            // Old stamps must not pass for stamps of this round.
            self.stamps.clear();
            self.group = 1;
        }
    }

    pub(crate) fn add(&mut self, id: LocalId) {
        let place = to_usize(u64::from(id.0)) % STAMPS_MAX;
        if place >= self.stamps.len() {
            let len = (place + 1).next_power_of_two();
            self.stamps.resize(len, Stamp { group: 0, id: LocalId(0) });
        }
        if let Some(stamp) = self.stamps.get_mut(place)
            && (stamp.group != self.group || stamp.id != id)
        {
            *stamp = Stamp { group: self.group, id };
            self.list.push(id);
        }
    }

    /// The list; give it back with [`Touched::recycle`].
    pub(crate) fn take(&mut self) -> Vec<LocalId> {
        let spare = self.spare.pop().unwrap_or_default();
        std::mem::replace(&mut self.list, spare)
    }

    pub(crate) fn recycle(&mut self, mut list: Vec<LocalId>) {
        const SPARE_MAX: usize = 16;
        if self.spare.len() < SPARE_MAX {
            list.clear();
            self.spare.push(list);
        }
    }
}

#[cfg(test)]
mod tests;

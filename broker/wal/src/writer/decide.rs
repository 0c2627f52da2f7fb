//! What the writer does next: the facts for the sync policy, and what of its answer is done under the
//! ring's lock.

use std::time::Duration;

use protocol_types::Instant;

use super::Writer;
use crate::ring::{Closed, Ring};
use crate::sync_policy::{Facts, Step};

/// What the writer does next.
#[derive(Debug)]
pub(super) enum Todo {
    Write(Closed),
    Sync,
    CommitCell,
    Park(Option<Duration>),
    Stop,
}

impl Writer {
    /// Decides in one section of the ring's lock, and cuts and takes the group in it: each section
    /// more may have to wait for an appender that copies.
    pub(super) fn decide(&mut self) -> Todo {
        let now = self.shared.clock.now();
        let mut ring = self.shared.ring.lock();
        if let Some(spare) = self.spare.take() {
            ring.recycle(spare);
        }
        loop {
            if let Some(open) = ring.open_group()
                && open.start != self.open_seen.0
            {
                self.open_seen = (open.start, now);
            }
            match self.policy.next(&self.facts(&ring, now)) {
                Step::Close => {
                    self.gathered = false;
                    ring.close();
                }
                Step::Write => {
                    if let Some(group) = ring.take_closed() {
                        return Todo::Write(group);
                    }
                }
                Step::Sync => return Todo::Sync,
                Step::CommitCell => return Todo::CommitCell,
                Step::Gather(span) => {
                    self.gathered = true;
                    return Todo::Park(Some(span));
                }
                Step::Wait(limit) => {
                    ring.writer_sleeps();
                    return Todo::Park(limit);
                }
                Step::Stop => {
                    // Who was admitted earlier may append later; nobody would write it.
                    ring.freeze();
                    return Todo::Stop;
                }
            }
        }
    }

    fn facts(&self, ring: &Ring, now: Instant) -> Facts {
        let durable = self.shared.durable();
        let published = self.shared.memory.published();
        let wanted = ring.sync_wanted;
        Facts {
            now,
            closed: ring.first_closed().map(|group| group.end() <= published),
            open: ring.open_group(),
            open_seen: self.open_seen.1,
            unsynced_since: self.unsynced.since,
            unsynced_bytes: self.written - durable,
            write_wanted: wanted > self.written,
            sync_wanted: wanted > durable && wanted <= self.written,
            floor_unrecorded: durable > self.recorded,
            durable_since: self.durable_since,
            last_entries: self.last_entries,
            last_bytes: self.last_bytes,
            gathered: self.gathered,
            stopping: ring.stopping,
        }
    }
}

//! Bytes of a connection that are not handled yet: a partial frame, or frames that must wait.
//!
//! Most frames never come here: they are handled where the shard's scratch buffer holds them. An
//! inbox owns memory only while it holds bytes, sized by what it holds or by as much of a
//! frame as it may complete, and that memory is counted in `memory.request.bytes`. Knows no socket.

use crate::budget::Permit;

/// A connection may hold so much of a request even when `memory.request.bytes` is used up.
pub(crate) const SMALL_REQUEST_BYTES: usize = 16 << 10;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    buffer: Vec<u8>,
    /// `buffer[start..end]` are the bytes held; what follows is room for the frame's rest.
    start: usize,
    end: usize,
    /// How far there is room for the frame being completed: nothing is read beyond its end.
    goal: usize,
    permit: Option<Permit>,
}

impl Inbox {
    pub(crate) fn held(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Room for the rest of the frame being completed; empty when there is none such.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.end..self.goal).unwrap_or_default()
    }

    /// `count` bytes were read into [`Inbox::room`].
    pub(crate) fn filled(&mut self, count: usize) {
        self.end += count;
        assert!(self.end <= self.goal, "no more is filled than there was room");
    }

    /// Passes over the first `count` bytes held.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
        assert!(self.start <= self.end, "no more is consumed than is held");
    }

    /// Bytes that `length` bytes need beyond what the permit covers already.
    pub(crate) fn lacks(&self, length: usize) -> u64 {
        let covered = self.permit.as_ref().map_or(0, Permit::amount);
        (length as u64).saturating_sub(covered)
    }

    /// Makes room for `goal` bytes from the first one held, covered by what the permit has and
    /// `more`. `reuse` gives a buffer of at least a length.
    pub(crate) fn grow(
        &mut self,
        goal: usize,
        more: Option<Permit>,
        reuse: impl FnOnce(usize) -> Vec<u8>,
    ) -> Option<Vec<u8>> {
        let held = self.end - self.start;
        assert!(held <= goal, "there is room for what is held");
        self.permit = match (self.permit.take(), more) {
            (Some(permit), Some(more)) => Some(permit.join(more)),
            (permit, more) => permit.or(more),
        };
        let mut old = None;
        if self.buffer.len() < goal {
            let mut buffer = reuse(goal);
            if let Some(front) = buffer.get_mut(..held) {
                front.copy_from_slice(self.held());
            }
            old = Some(std::mem::replace(&mut self.buffer, buffer));
        } else {
            self.buffer.copy_within(self.start..self.end, 0);
        }
        (self.start, self.end, self.goal) = (0, held, goal);
        old
    }

    /// Copies from the front of `bytes` into the room there is; returns what did not fit.
    pub(crate) fn fill_from<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let room = self.room();
        let (taken, rest) = bytes.split_at(room.len().min(bytes.len()));
        if let Some(room) = room.get_mut(..taken.len()) {
            room.copy_from_slice(taken);
        }
        self.filled(taken.len());
        rest
    }

    /// Gives buffer and permit back once nothing is held; `None` while something is.
    pub(crate) fn release(&mut self) -> Option<Vec<u8>> {
        let idle = self.is_empty() && !self.buffer.is_empty();
        idle.then(|| std::mem::take(self).buffer)
    }
}

/// For how much of a frame of `total` bytes there should be room, now that `arrived` have: all of it
/// while memory is `plenty`, else as much again, because an announcement costs nothing.
pub(crate) fn room_for(arrived: usize, total: usize, plenty: bool) -> usize {
    if plenty { total } else { total.min((2 * arrived).max(SMALL_REQUEST_BYTES)) }
}

#[cfg(test)]
mod tests;

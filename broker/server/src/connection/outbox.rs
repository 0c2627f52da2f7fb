//! Bytes on their way to the client, in the order in which they leave.
//!
//! Finished answers are encoded at the end of one buffer and leave from its front; answers that
//! bring their own memory (loaded records, what a socket did not take of a fetch) stand between
//! them. Everything that may leave goes out in as few writes as the socket allows. Knows no socket.

use std::{collections::VecDeque, io::IoSlice, sync::Arc};

use bytes::{Buf, Bytes, BytesMut};

use crate::budget::{Budget, Permit};

/// A buffer larger than this is not kept by a connection that has nothing to send.
const KEPT_BYTES_MAX: usize = 4 << 10;

/// Encoded answers up to here are not counted: nearly all leave with the next write.
const UNCOUNTED_BYTES: usize = 64 << 10;

/// Most slices of one write.
pub(crate) const SLICES_MAX: usize = 64;

#[derive(Debug)]
enum Chunk {
    /// So many bytes from the front of the encoded ones.
    Encoded(usize),
    Owned(Bytes),
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Encoded answers: those that may leave first, then those that wait.
    encoded: BytesMut,
    leaving: VecDeque<Chunk>,
    /// Bytes of `leaving`.
    length: usize,
    /// Covers the owned chunks.
    permit: Option<Permit>,
    /// Covers the encoded answers where they are many bytes.
    encoded_permit: Option<Permit>,
}

impl Outbox {
    /// Where the next answer is encoded. It waits there until [`Outbox::release`].
    pub(crate) const fn encoded(&mut self) -> &mut BytesMut {
        &mut self.encoded
    }

    /// Counts the encoded answers in `budget` where they are many bytes: a request of tiny entries is
    /// answered with ten times its length.
    pub(crate) fn count(&mut self, budget: &Arc<Budget>) {
        let counted = self.encoded_permit.as_ref().map_or(0, Permit::amount);
        let more = (self.encoded.len() as u64).saturating_sub(counted);
        if more == 0 || self.encoded.len() <= UNCOUNTED_BYTES {
            return;
        }
        let more = budget.force(more);
        self.encoded_permit = Some(match self.encoded_permit.take() {
            Some(held) => held.join(more),
            None => more,
        });
    }

    /// Lets the next `length` encoded bytes leave.
    pub(crate) fn release(&mut self, length: usize) {
        self.length += length;
        if let Some(Chunk::Encoded(leaving)) = self.leaving.back_mut() {
            *leaving += length;
        } else if length != 0 {
            self.leaving.push_back(Chunk::Encoded(length));
        }
    }

    /// Lets `bytes` leave next.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.length += bytes.len();
            self.leaving.push_back(Chunk::Owned(bytes));
        }
    }

    /// Keeps `permit` until nothing is left to leave.
    pub(crate) fn cover(&mut self, permit: Permit) {
        self.permit = Some(match self.permit.take() {
            Some(held) => held.join(permit),
            None => permit,
        });
    }

    /// Whether nothing may leave now; answers may still wait.
    pub(crate) fn is_empty(&self) -> bool {
        self.leaving.is_empty()
    }

    /// Bytes that may leave now.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Fills `slices` with what leaves next; returns how many it used.
    pub(crate) fn gather<'a>(&'a self, slices: &mut [IoSlice<'a>; SLICES_MAX]) -> usize {
        let mut encoded: &[u8] = &self.encoded;
        let mut used = 0;
        for (slot, chunk) in slices.iter_mut().zip(&self.leaving) {
            let bytes = match chunk {
                Chunk::Encoded(length) => {
                    let (bytes, rest) = encoded.split_at(*length);
                    encoded = rest;
                    bytes
                }
                Chunk::Owned(bytes) => bytes,
            };
            *slot = IoSlice::new(bytes);
            used += 1;
        }
        used
    }

    /// The socket took `written` bytes.
    pub(crate) fn advance(&mut self, mut written: usize) {
        assert!(written <= self.length, "a socket takes no more than it was given");
        self.length -= written;
        while let Some(chunk) = self.leaving.front_mut() {
            let taken = match chunk {
                Chunk::Encoded(length) => {
                    let taken = written.min(*length);
                    self.encoded.advance(taken);
                    *length -= taken;
                    if *length != 0 {
                        return;
                    }
                    taken
                }
                Chunk::Owned(bytes) => {
                    let taken = written.min(bytes.len());
                    bytes.advance(taken);
                    if !bytes.is_empty() {
                        return;
                    }
                    taken
                }
            };
            written -= taken;
            self.leaving.pop_front();
        }
        self.permit = None;
        if let Some(permit) = &mut self.encoded_permit {
            permit.shrink(self.encoded.len() as u64);
        }
        if self.encoded.is_empty() && self.encoded.capacity() > KEPT_BYTES_MAX {
            self.encoded = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests;

//! Buffers kept for reuse: for partial frames, because clearing fresh memory costs more than the
//! copy, and for answers of records, because most are alike.

use bytes::BytesMut;
use protocol_wire::fetch_response::Segment;

/// Most bytes a shard keeps for reuse.
const KEPT_BYTES_MAX: usize = 8 << 20;

/// A larger buffer is not kept.
const KEPT_BUFFER_MAX: usize = 2 << 20;

/// Buffers of a shard that nobody uses now.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    kept: Vec<Vec<u8>>,
    kept_bytes: usize,
}

impl Buffers {
    /// A buffer of at least `length` initialised bytes; the smallest kept one that is not wasteful.
    pub(crate) fn take(&mut self, length: usize) -> Vec<u8> {
        let fits = |buffer: &Vec<u8>| length <= buffer.len() && buffer.len() / 2 <= length;
        let candidates = self.kept.iter().enumerate().filter(|(_, buffer)| fits(buffer));
        match candidates.min_by_key(|(_, buffer)| buffer.len()).map(|(at, _)| at) {
            Some(at) => {
                let buffer = self.kept.swap_remove(at);
                self.kept_bytes -= buffer.len();
                buffer
            }
            None => vec![0; rounded(length)],
        }
    }

    pub(crate) fn give_back(&mut self, buffer: Vec<u8>) {
        let length = buffer.len();
        if length != 0 && length <= KEPT_BUFFER_MAX && self.kept_bytes + length <= KEPT_BYTES_MAX {
            self.kept_bytes += length;
            self.kept.push(buffer);
        }
    }
}

/// Larger buffers of an answer are not kept.
const KEPT_ANSWER_MAX: usize = 256 << 10;

/// What the next answer of records is encoded in: its head, and what stands where.
#[derive(Debug, Default)]
pub(crate) struct AnswerBuffers {
    head: BytesMut,
    segments: Vec<Segment>,
}

impl AnswerBuffers {
    pub(crate) fn take(&mut self) -> (BytesMut, Vec<Segment>) {
        (std::mem::take(&mut self.head), std::mem::take(&mut self.segments))
    }

    pub(crate) fn give_back(&mut self, head: BytesMut, segments: Vec<Segment>) {
        let bytes = head.capacity() + segments.capacity() * size_of::<Segment>();
        if bytes <= KEPT_ANSWER_MAX {
            (self.head, self.segments) = (head, segments);
        }
    }
}

/// Requests of nearly the same length share buffers.
const fn rounded(length: usize) -> usize {
    length.next_multiple_of(if length < 64 << 10 { 4 << 10 } else { 64 << 10 })
}

#[cfg(test)]
mod tests;

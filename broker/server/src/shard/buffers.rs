//! Buffers for partial frames, kept for reuse: clearing fresh memory costs more than the copy.

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

/// Requests of nearly the same length share buffers.
const fn rounded(length: usize) -> usize {
    length.next_multiple_of(if length < 64 << 10 { 4 << 10 } else { 64 << 10 })
}

#[cfg(test)]
mod tests;

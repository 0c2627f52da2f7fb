//! The look over the rest of the lap, behind the end of the walk: headers only, at every block.
//!
//! It brings nothing back. It finds how far the log was durable, so that damage in the middle of
//! acknowledged records is not taken for a torn tail.

use std::io;

use broker_env::aligned::AlignedBuf;
use protocol_types::to_usize;

use super::decide::Evidence;
use crate::geometry::{BLOCK, BLOCK_LEN};
use crate::group::GroupHeader;
use crate::ring_file::RingFile;
use crate::sector::Key;
use crate::superblock::Superblock;

/// Adds every intact header from `at` to the end of the lap that began at the trim position.
pub(super) fn scan(
    file: &RingFile,
    superblock: &Superblock,
    key: Key,
    at: u64,
    window: &mut AlignedBuf,
    evidence: &mut Evidence,
) -> io::Result<()> {
    let limit = superblock.trim + superblock.capacity;
    let mut position = at;
    while position < limit {
        let lap_left = file.geometry.lap_left(position).min(limit - position);
        let slot = file.geometry.slot(position);
        let written = superblock.frontier.saturating_sub(slot).min(lap_left);
        let len = written.min(window.len() as u64) / BLOCK * BLOCK;
        if len == 0 {
            // Nothing was ever written from here to the end of the lap.
            position += lap_left;
            continue;
        }
        let (part, _) = window.split_at_mut(to_usize(len));
        file.read(position, part)?;
        for (block, bytes) in (0..).zip(part.chunks_exact(BLOCK_LEN)) {
            let slot = slot + block * BLOCK;
            let Some(header) = GroupHeader::decode(bytes, key) else { continue };
            // A header elsewhere than where its LSN says is not there.
            if file.geometry.slot(header.lsn) == slot && header.identity == superblock.identity {
                evidence.add_header(&header, at);
            }
        }
        position += len;
    }
    Ok(())
}

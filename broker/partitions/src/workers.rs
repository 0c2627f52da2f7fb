//! Threads beside the shards: readers of files, and the sealer.
//!
//! The words for what becomes of a segment:
//! - *dead*: wholly below its partition's log start, or of a deleted topic; nobody may read it.
//! - *bury*: to put what died into the *graves*, under the partition's lock. It waits there until a
//!   checkpoint no longer names it; then its bytes are reclaimed.
//! - *settle*: to look into a page that a log start has passed in part, and bury what died in it.
//! - *adopt*: to let go of resident segments that stand in a page of the new base.
//! - *fate*: what a death means for the file: its blocks are punched out, or it was the last and the
//!   file is removed.

mod file_use;
#[cfg(test)]
mod fixture;
mod graves;
mod pace;
mod pages;
mod readers;
mod reclaim;
mod retain;
mod ring_reader;
mod seal_file;
mod sealer;
mod span;
mod wake;

pub(crate) use file_use::{FileUse, remove_orphans};
pub(crate) use graves::Graves;
pub(crate) use readers::Readers;
pub(crate) use ring_reader::RingReader;
pub(crate) use sealer::{Sealer, SealerHandle, Upkeep};
pub(crate) use wake::SealerWake;

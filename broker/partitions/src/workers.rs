//! Threads beside the shards: readers of files, and the sealer.

mod file_use;
#[cfg(test)]
mod fixture;
mod graves;
mod pace;
mod pages;
mod readers;
mod reclaim;
mod retain;
mod seal_file;
mod sealer;
mod span;
mod wake;

pub(crate) use file_use::{FileUse, remove_orphans};
pub(crate) use graves::Graves;
pub(crate) use readers::Readers;
pub(crate) use sealer::{Sealer, SealerHandle, Upkeep};
pub(crate) use wake::SealerWake;

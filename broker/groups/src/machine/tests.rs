//! The machine as its shell drives it: requests in, replies and records out, restarts between.

mod fixture;
mod foreign;
mod joins;
mod migration;

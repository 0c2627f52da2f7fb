//! Offsets through the machine: what is committed, read, deleted, forgotten, and survives.

mod bench;
mod commit;
mod expiry;
mod fetch;
mod survive;

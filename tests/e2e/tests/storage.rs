//! What is stored survives: kills, retention, sealing, consumers that stop reading.

mod commits;
mod fill;
mod kill;
mod lengths;
mod retention;
mod slow_consumer;
mod unwritten;

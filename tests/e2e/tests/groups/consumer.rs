//! Groups of the consumer protocol (KIP-848), over the wire.

mod ask;
mod configs;
mod features;
mod heartbeats;
mod migration;
mod restart;

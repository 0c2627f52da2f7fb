//! The `ringtide` program from outside: its commands against a broker of its own, their output and
//! their exit codes.

#[path = "it/broker.rs"]
mod broker;
#[path = "it/log.rs"]
mod log;
#[path = "it/topic.rs"]
mod topic;

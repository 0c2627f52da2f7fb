//! The `ringtide` program from outside: its commands against a broker of its own, their output and
//! their exit codes.

#[cfg(test)]
#[path = "it/broker.rs"]
mod broker;
#[cfg(test)]
#[path = "it/connect.rs"]
mod connect;
#[cfg(test)]
#[path = "it/delete.rs"]
mod delete;
#[cfg(test)]
#[path = "it/log.rs"]
mod log;
#[cfg(test)]
#[path = "it/settings.rs"]
mod settings;
#[cfg(test)]
#[path = "it/start.rs"]
mod start;
#[cfg(test)]
#[path = "it/topic.rs"]
mod topic;

//! Driver over the `rdkafka` crate: the same commands as the other drivers beside it.
//!
//! The crate has no incremental change of configuration and changes no offsets of a group, so those steps
//! are left out.

mod administration;
mod groups;
mod reading;
mod scenario;
mod writing;

use anyhow::{Result, bail};
use rdkafka::ClientConfig;
use std::time::Duration;

/// For anything the broker is asked.
const TIMEOUT: Duration = Duration::from_secs(20);

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["produce", bootstrap, path, prefix] => writing::produce(bootstrap, path, prefix),
        ["consume", bootstrap, path, topics @ ..] => reading::consume(bootstrap, path, topics),
        ["admin", bootstrap, prefix] => administration::admin(bootstrap, prefix),
        ["errors", bootstrap, prefix] => administration::errors(bootstrap, prefix),
        ["member", bootstrap, options] => groups::member(bootstrap, options),
        ["writer", bootstrap, topic, partitions] => writing::write(bootstrap, topic, partitions),
        ["group", bootstrap, name, _, usage] => groups::group(bootstrap, name, usage),
        _ => bail!("unknown command {words:?}, see the folder's README"),
    }
}

fn config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    config
}

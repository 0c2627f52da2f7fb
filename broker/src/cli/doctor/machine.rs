//! Limits, memory and the clock.

use std::path::Path;

use broker_env::disk::{Disk, Open, OsDisk};
use broker_env::{Clock, OsClock, limits};
use config::BrokerConfig;

use super::Finding;
use super::disk::mib;

/// Below this a broker runs out of files with a few hundred clients and topics.
const FILES_WANTED: u64 = 10_000;
const FILES_NEEDED: u64 = 512;
/// 2025-01-01: no clock of a machine that runs this is right before.
const EARLIEST_MS: i64 = 1_735_689_600_000;

pub(super) fn look(config: &BrokerConfig) -> Vec<Finding> {
    vec![files(limits::raise_file_limit()), memory(config, available()), clock(OsClock.wall().0)]
}

fn files(limit: u64) -> Finding {
    let found = if limit == u64::MAX { "unlimited".to_owned() } else { limit.to_string() };
    let remedy = "raise the hard limit: ulimit -Hn, LimitNOFILE of the service, or --ulimit nofile \
                  of the container";
    match limit {
        FILES_WANTED.. => Finding::ok("open files", found),
        FILES_NEEDED.. => Finding::warning("open files", found, remedy),
        _ => Finding::failed("open files", found, remedy),
    }
}

fn memory(config: &BrokerConfig, available: Option<u64>) -> Finding {
    let needed = config.ring_size + config.memory_request_bytes + config.memory_response_bytes;
    let Some(available) = available else {
        return Finding::ok("memory", format!("up to {} will be used", mib(needed)));
    };
    let found = format!("{} available, up to {} will be used", mib(available), mib(needed));
    if available < needed {
        let remedy = "set a smaller ring.size: the ring is held in memory";
        return Finding::warning("memory", found, remedy);
    }
    Finding::ok("memory", found)
}

/// Bytes that could be taken now, where the kernel says so.
fn available() -> Option<u64> {
    let file = OsDisk.open(Path::new("/proc/meminfo"), Open::read()).ok()?;
    let mut bytes = [0; 4096];
    let len = file.read_at(&mut bytes, 0).ok()?;
    available_in(std::str::from_utf8(bytes.get(..len)?).ok()?)
}

fn available_in(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn clock(wall_ms: i64) -> Finding {
    let shown = jiff::Timestamp::from_millisecond(wall_ms)
        .map_or_else(|_| format!("{wall_ms} ms"), |time| time.to_string());
    if wall_ms < EARLIEST_MS {
        let remedy = "set the clock (NTP): retention and timestamps go by it";
        return Finding::failed("clock", shown, remedy);
    }
    Finding::ok("clock", shown)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::cli::doctor::State;

    #[rstest]
    #[case(u64::MAX, State::Ok)]
    #[case(1_024, State::Warning)]
    #[case(256, State::Failed)]
    fn few_files_are_remedied(#[case] limit: u64, #[case] state: State) {
        let finding = files(limit);
        assert_eq!(finding.state, state);
        assert_eq!(finding.remedy.is_some(), state != State::Ok);
    }

    #[test]
    fn a_clock_of_the_last_century_fails() {
        assert_eq!(clock(0).state, State::Failed);
        assert_eq!(clock(EARLIEST_MS).state, State::Ok);
    }

    #[test]
    fn memory_is_what_the_kernel_calls_available() {
        let text = "MemTotal:  100 kB\nMemFree: 1 kB\nMemAvailable:   2048 kB\n";
        assert_eq!(available_in(text), Some(2 << 20));
        assert_eq!(available_in("MemTotal: 1 kB\n"), None);
    }
}

//! How far long work has come, on standard error: records, bytes and their rate.
//!
//! A person sees one line that is written anew; a log gets a line a second. Nobody who did not ask
//! and looks at no terminal gets anything.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use broker_env::{Clock, OsClock};
use clap::{Args, ValueEnum};
use protocol_types::Instant;

/// When to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    /// On a terminal.
    Auto,
    Always,
    Never,
}

/// Whether to tell how far work has come.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProgressArgs {
    /// Tell on standard error how far it has come.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    progress: When,
}

/// See the module documentation.
#[derive(Debug)]
pub(crate) struct Progress {
    told: bool,
    terminal: bool,
    began: Instant,
    last: Instant,
    records: u64,
    bytes: u64,
    /// A line stands on the terminal.
    shown: bool,
}

impl Progress {
    /// Work begins now. `aside`: the result goes to the same terminal, so that a line of progress
    /// would stand in it.
    pub(crate) fn begin(args: &ProgressArgs, aside: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let told = match args.progress {
            When::Auto => terminal && !aside,
            When::Always => true,
            When::Never => false,
        };
        let now = OsClock.now();
        Self { told, terminal, began: now, last: now, records: 0, bytes: 0, shown: false }
    }

    /// A record more, of so many bytes.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.records += 1;
        self.bytes += bytes as u64;
        // A look at the clock costs more than most records.
        if self.told && self.records.is_multiple_of(256) {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let now = OsClock.now();
        let often = if self.terminal { Duration::from_millis(200) } else { Duration::from_secs(1) };
        if Duration::from_nanos(now.nanos_since(self.last)) < often {
            return;
        }
        self.last = now;
        self.shown = self.terminal;
        let (begin, end) = if self.terminal { ("\r", "\x1b[K") } else { ("", "\n") };
        let _unheard = write!(io::stderr().lock(), "{begin}{}{end}", self.line(now));
    }

    /// Work is done: the last word, where there were others.
    pub(crate) fn finish(self) {
        if !self.told {
            return;
        }
        let begin = if self.shown { "\r" } else { "" };
        let end = if self.shown { "\x1b[K\n" } else { "\n" };
        let _unheard = write!(io::stderr().lock(), "{begin}{}{end}", self.line(OsClock.now()));
    }

    fn line(&self, now: Instant) -> String {
        let nanos = now.nanos_since(self.began).max(1);
        let rate = u128::from(self.bytes) * 1_000_000_000 / u128::from(nanos);
        let rate = u64::try_from(rate).unwrap_or(u64::MAX);
        format!("{} records  {}  {}/s", grouped(self.records), size(self.bytes), size(rate))
    }
}

/// 1234567 as "1,234,567".
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes with a unit people read.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut scaled, mut unit) = (bytes.saturating_mul(10), "B");
    for larger in UNITS {
        if scaled < 10_240 {
            break;
        }
        (scaled, unit) = (scaled / 1024, larger);
    }
    if unit == "B" {
        format!("{bytes} B")
    } else {
        format!("{}.{} {unit}", scaled / 10, scaled % 10)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0", "0 B")]
    #[case(999, "999", "999 B")]
    #[case(1_536, "1,536", "1.5 KiB")]
    #[case(12_345_678, "12,345,678", "11.7 MiB")]
    fn numbers_are_for_people(#[case] n: u64, #[case] count: &str, #[case] bytes: &str) {
        assert_eq!((grouped(n), size(n)), (count.to_owned(), bytes.to_owned()));
    }
}

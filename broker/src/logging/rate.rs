//! How often one message may be logged, decided from the time alone.

use protocol_types::Instant;

use super::BURST;

const WINDOW_NANOS: u64 = 1_000_000_000;

/// What to do with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Log,
    /// The first line after `suppressed` lines of the same message were dropped.
    LogAfter {
        suppressed: u32,
    },
    Suppress,
}

/// The lines of each message in its current second.
#[derive(Debug)]
pub(super) struct Rates<K> {
    messages: Vec<(K, Message)>,
}

#[derive(Debug)]
struct Message {
    since: Instant,
    logged: u32,
    suppressed: u32,
}

impl<K> Default for Rates<K> {
    fn default() -> Self {
        Self { messages: Vec::new() }
    }
}

impl<K: PartialEq> Rates<K> {
    /// Judges one more line of the message `key` at `now`. Messages are places in the code, so
    /// there are a few hundred at the most.
    pub(super) fn judge(&mut self, now: Instant, key: K) -> Verdict {
        let Some((_, message)) = self.messages.iter_mut().find(|(known, _)| *known == key) else {
            self.messages.push((key, Message { since: now, logged: 1, suppressed: 0 }));
            return Verdict::Log;
        };
        if now.nanos_since(message.since) >= WINDOW_NANOS {
            let suppressed = message.suppressed;
            *message = Message { since: now, logged: 1, suppressed: 0 };
            return if suppressed == 0 { Verdict::Log } else { Verdict::LogAfter { suppressed } };
        }
        if message.logged < BURST {
            message.logged += 1;
            return Verdict::Log;
        }
        message.suppressed = message.suppressed.saturating_add(1);
        Verdict::Suppress
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_counted_and_another_message_is_not_touched() {
        let mut rates = Rates::default();
        for _ in 0..BURST {
            assert_eq!(rates.judge(Instant(1), "a"), Verdict::Log);
        }
        assert_eq!(rates.judge(Instant(2), "a"), Verdict::Suppress);
        assert_eq!(rates.judge(Instant(2), "a"), Verdict::Suppress);
        assert_eq!(rates.judge(Instant(2), "b"), Verdict::Log);
        let later = Instant(1 + WINDOW_NANOS);
        assert_eq!(rates.judge(later, "a"), Verdict::LogAfter { suppressed: 2 });
        assert_eq!(rates.judge(later, "a"), Verdict::Log);
    }
}

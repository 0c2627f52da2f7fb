//! How far behind a steady rate a client may fall while it sends a request or takes its answers.
//!
//! What has moved buys time; what is only announced buys none, so memory that waits for a client is
//! held no longer than its bytes keep coming. The clock stands still while it is us who do not go
//! on. Pure: time is handed in.

use protocol_types::Instant;

/// A client may be so far behind the rate.
const SLACK_NANOS: u64 = 30_000_000_000;

/// 64 KiB a second.
const NANOS_PER_BYTE: u64 = 1_000_000_000 / (64 << 10);

/// See the module's documentation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pace {
    /// Nothing is under way.
    #[default]
    Idle,
    /// More must have moved by then.
    Running { due: Instant },
    /// It is not the client's turn; so much time is left to it.
    Paused { nanos_left: u64 },
}

impl Pace {
    /// The client is to move bytes from `now` on; no change if it is already.
    pub(super) fn run(&mut self, now: Instant) {
        let nanos_left = match *self {
            Self::Idle => SLACK_NANOS,
            Self::Running { .. } => return,
            Self::Paused { nanos_left } => nanos_left,
        };
        *self = Self::Running { due: Instant(now.0.saturating_add(nanos_left)) };
    }

    /// `bytes` have moved.
    pub(super) fn moved(&mut self, bytes: usize, now: Instant) {
        if let Self::Running { due } = self {
            let bought = (bytes as u64).saturating_mul(NANOS_PER_BYTE);
            due.0 = due.0.saturating_add(bought).min(now.0.saturating_add(SLACK_NANOS));
        }
    }

    /// It is our turn: the client's time stands still until [`Pace::run`].
    pub(super) fn pause(&mut self, now: Instant) {
        if let Self::Running { due } = *self {
            *self = Self::Paused { nanos_left: due.nanos_since(now) };
        }
    }

    /// Everything has moved.
    pub(super) const fn end(&mut self) {
        *self = Self::Idle;
    }

    /// When the client is too far behind, unless more moves.
    pub(super) const fn due(&self) -> Option<Instant> {
        match *self {
            Self::Running { due } => Some(due),
            Self::Idle | Self::Paused { .. } => None,
        }
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }
}

#[cfg(test)]
mod tests;

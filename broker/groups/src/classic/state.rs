//! The states of a classic group and which may follow which: Kafka's table, nothing else.

use std::fmt;

/// Where a classic group stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No members. It stays while it has offsets; groups that only commit offsets are here too.
    Empty,
    /// Members are asked to join again; their JoinGroup requests wait.
    PreparingRebalance,
    /// All who will take part have joined; the leader's assignment is awaited.
    CompletingRebalance,
    /// Everybody has, or can ask for, an assignment.
    Stable,
    /// Deleted, or handed to another protocol; nothing follows.
    Dead,
}

impl State {
    pub const ALL: [Self; 5] = [
        Self::Empty,
        Self::PreparingRebalance,
        Self::CompletingRebalance,
        Self::Stable,
        Self::Dead,
    ];

    /// The name that tools show.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
            Self::Dead => "Dead",
        }
    }

    /// Whether a group may go from here to `next`.
    #[must_use]
    pub const fn leads_to(self, next: Self) -> bool {
        match next {
            Self::Empty | Self::CompletingRebalance => matches!(self, Self::PreparingRebalance),
            Self::PreparingRebalance => {
                matches!(self, Self::Empty | Self::CompletingRebalance | Self::Stable)
            }
            Self::Stable => matches!(self, Self::CompletingRebalance),
            Self::Dead => true,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

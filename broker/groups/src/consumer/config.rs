//! The settings consumer groups obey: the broker's, with a group's own laid over them.

use broker_metadata::GroupTimes;

use super::assignors::Assignor;

/// `group.consumer.migration.policy`: whether groups change protocol while they have members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MigrationPolicy {
    #[default]
    Bidirectional,
    Upgrade,
    Downgrade,
    Disabled,
}

impl MigrationPolicy {
    /// The policy of that name; as in Kafka case does not count.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            ("bidirectional", Self::Bidirectional),
            ("upgrade", Self::Upgrade),
            ("downgrade", Self::Downgrade),
            ("disabled", Self::Disabled),
        ];
        all.into_iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map(|(_, policy)| policy)
    }

    #[must_use]
    pub const fn may_upgrade(self) -> bool {
        matches!(self, Self::Bidirectional | Self::Upgrade)
    }

    #[must_use]
    pub const fn may_downgrade(self) -> bool {
        matches!(self, Self::Bidirectional | Self::Downgrade)
    }
}

/// Settings in effect for a group. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerConfig {
    /// `group.consumer.session.timeout.ms`, `consumer.session.timeout.ms`
    pub session_timeout_ms: u32,
    /// `group.consumer.heartbeat.interval.ms`, `consumer.heartbeat.interval.ms`
    pub heartbeat_interval_ms: u32,
    /// `group.consumer.assignment.interval.ms`, `consumer.assignment.interval.ms` (KIP-1263)
    pub assignment_interval_ms: u32,
    /// `group.consumer.max.size`
    pub size_max: u32,
    /// `group.max.size`, for groups that go back to the classic protocol.
    pub classic_size_max: u32,
    /// `group.consumer.assignors`; the first is the default. Not empty.
    pub assignors: Vec<Assignor>,
    /// `group.consumer.migration.policy`
    pub migration: MigrationPolicy,
}

impl Default for ConsumerConfig {
    fn default() -> Self {
        Self {
            session_timeout_ms: 45_000,
            heartbeat_interval_ms: 5_000,
            assignment_interval_ms: 1_000,
            size_max: i32::MAX.cast_unsigned(),
            classic_size_max: i32::MAX.cast_unsigned(),
            assignors: Assignor::ALL.to_vec(),
            migration: MigrationPolicy::default(),
        }
    }
}

impl ConsumerConfig {
    pub(super) fn assignor_default(&self) -> Assignor {
        self.assignors.first().copied().unwrap_or(Assignor::Uniform)
    }
}

impl ConsumerConfig {
    /// These settings with the times in effect for a group.
    #[must_use]
    pub fn with(&self, times: GroupTimes) -> Self {
        Self {
            session_timeout_ms: times.session_timeout_ms,
            heartbeat_interval_ms: times.heartbeat_interval_ms,
            assignment_interval_ms: times.assignment_interval_ms,
            ..self.clone()
        }
    }
}

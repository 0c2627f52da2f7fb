//! Positions and counters: in a partition, in the ring, of leaders and producers.

/// Position of a record in a partition, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

impl Offset {
    /// Kafka's i64. Offsets never reach 2^63 (`Offset::MAX` bounds every append).
    #[must_use]
    pub const fn to_wire(self) -> i64 {
        self.0.cast_signed()
    }

    /// `None` where the wire says −1 or any other negative number.
    #[must_use]
    pub const fn from_wire(wire: i64) -> Option<Self> {
        if wire < 0 { None } else { Some(Self(wire.cast_unsigned())) }
    }

    /// The largest offset a partition can hold.
    pub const MAX: Self = Self(i64::MAX.cast_unsigned());
}

/// Number of a partition leader's term; grows with every change of leader and every restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaderEpoch(pub u32);

impl LeaderEpoch {
    /// Kafka's i32.
    #[must_use]
    pub const fn to_wire(self) -> i32 {
        self.0.cast_signed()
    }

    /// `None` where the wire says −1 or any other negative number.
    #[must_use]
    pub const fn from_wire(wire: i32) -> Option<Self> {
        if wire < 0 { None } else { Some(Self(wire.cast_unsigned())) }
    }
}

/// Byte position in the ring log over its whole life: never reused, never shown to users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

/// Identity of an idempotent producer, ≥ 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerId(pub u64);

impl ProducerId {
    /// Kafka's i64.
    #[must_use]
    pub const fn to_wire(self) -> i64 {
        self.0.cast_signed()
    }

    /// `None` where the wire says −1 or any other negative number.
    #[must_use]
    pub const fn from_wire(wire: i64) -> Option<Self> {
        if wire < 0 { None } else { Some(Self(wire.cast_unsigned())) }
    }
}

/// Term of an idempotent producer, 0 to 32767.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerEpoch(pub i16);

/// Number of a record within a producer's epoch and partition; wraps from 2^31 − 1 to 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub i32);

impl Sequence {
    /// The sequence `by` records on; Kafka wraps after `i32::MAX` to 0.
    #[must_use]
    pub const fn advance(self, by: u32) -> Self {
        let wrap = i32::MAX as u64 + 1;
        let sum = (self.0.cast_unsigned() as u64 + by as u64) % wrap;
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is below 2^31")]
        let wrapped = sum as i32;
        Self(wrapped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_wraps_to_zero_as_kafka_wraps_it() {
        assert_eq!(Sequence(i32::MAX).advance(1), Sequence(0));
        assert_eq!(Sequence(i32::MAX - 1).advance(3), Sequence(1));
        assert_eq!(Sequence(5).advance(0), Sequence(5));
    }

    #[test]
    fn negative_wire_numbers_mean_absent() {
        assert_eq!(Offset::from_wire(-1), None);
        assert_eq!(Offset::from_wire(7), Some(Offset(7)));
        assert_eq!(LeaderEpoch::from_wire(-1), None);
        assert_eq!(ProducerId::from_wire(-1), None);
    }
}

//! How much the rows of flow, catch-up, growth and real clients do: the knobs of their total time.
//! Times not given here follow from `--seconds` and `--repeats`.

use std::ops::RangeInclusive;

/// End to end: records of 1 KB a second.
pub(crate) const END_TO_END_RATE: f64 = 2_000.0;

/// Consumers that tail one topic.
pub(crate) const GROUPS: usize = 50;
/// Bytes a second they are fed with.
pub(crate) const GROUPS_FEED: f64 = 20e6;

/// Catch-up: what is read again and again, and what was written behind it, at least a ring of 1 GiB.
pub(crate) const CATCH_UP_BYTES: u64 = 2 << 30;
pub(crate) const CATCH_UP_BEHIND: u64 = 1 << 30;
/// Records of 1 KB a second that somebody else writes meanwhile.
pub(crate) const CATCH_UP_BESIDE: f64 = 1_000.0;

/// The ring in front of the slow disk, and how often its length is written.
pub(crate) const SLOW_RING: u64 = 64 << 20;
pub(crate) const SLOW_LAPS: u64 = 10;
/// Bytes a second that the slow disk takes. All data is written twice: ring and sealed file.
pub(crate) const SLOW_DISK: u64 = 64 << 20;

/// Partitions without data, in powers of ten.
pub(crate) const PARTITIONS_POW: RangeInclusive<u32> = 0..=5;
/// Kafka keeps open files for each: it stops here.
pub(crate) const PARTITIONS_KAFKA_POW: u32 = 3;
/// Idle connections, in powers of ten.
pub(crate) const CONNECTIONS_POW: RangeInclusive<u32> = 0..=4;
/// Sealed files of [`SEALED_PARTITIONS`] segments each, in powers of ten.
pub(crate) const SEALED_POW: RangeInclusive<u32> = 2..=4;
pub(crate) const SEALED_PARTITIONS: i32 = 100;

/// Records of 1 KB that a producer sends that runs alone: enough of them that its start (connections,
/// metadata, memory touched for the first time, code not compiled yet) is less than a tenth.
pub(crate) const LIBRDKAFKA_RECORDS: u64 = 4_000_000;
pub(crate) const JAVA_RECORDS: u64 = 3_000_000;
/// Producers, and as many consumers, that run beside each other, and what each producer sends.
pub(crate) const CLIENT_PAIRS: u64 = 3;
pub(crate) const CLIENT_PAIR_RECORDS: u64 = 800_000;

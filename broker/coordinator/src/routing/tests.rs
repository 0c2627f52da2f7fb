use rstest::rstest;

use super::*;

/// Partitions as Java computes them: `(id.hashCode() & 0x7fffffff) % 50`.
#[rstest]
#[case::empty("", 0)]
#[case::one_letter("a", 47)]
#[case::group("my-group", 36)]
#[case::console("console-consumer-27183", 32)]
#[case::smallest_hash("polygenelubricants", 0)]
#[case::beyond_ascii("gruppe-ü", 22)]
fn groups_live_where_kafka_puts_them(#[case] id: &str, #[case] shard: u32) {
    assert_eq!(shard_of(id, 50), ShardIndex(shard));
}

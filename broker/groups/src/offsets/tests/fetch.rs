//! What is answered to whom asks: traps 63 to 65, deletions, topics that go.

use protocol_types::{ErrorCode, PartitionIndex};
use rstest::rstest;

use super::bench::{Bench, T, codes, offsets, one};
use crate::offsets::FetchTopics;

fn filled() -> Bench {
    let mut bench = Bench::new();
    bench.set("g", "u", 1, 30);
    bench.set("g", "t", 0, 10);
    bench.set("g", "t", 2, 20);
    bench.set("other", "t", 0, 99);
    bench
}

fn these(topics: &[(&str, &[u32])]) -> FetchTopics {
    let topic = |(name, partitions): &(&str, &[u32])| {
        ((*name).into(), partitions.iter().map(|index| PartitionIndex(*index)).collect())
    };
    FetchTopics::These(topics.iter().map(topic).collect())
}

#[rstest]
#[case::trap_63_unknown_group("nobody", these(&[("t", &[0, 1])]), &[("t", 0, -1), ("t", 1, -1)])]
#[case::trap_63_unknown_partition("g", these(&[("t", &[1, 77])]), &[("t", 1, -1), ("t", 77, -1)])]
#[case::trap_63_unknown_topic("g", these(&[("v", &[0]), ("t", &[0])]), &[("v", 0, -1), ("t", 0, 10)])]
#[case::asked_twice("g", these(&[("t", &[0, 0])]), &[("t", 0, 10), ("t", 0, 10)])]
#[case::trap_64_all("g", FetchTopics::All, &[("t", 0, 10), ("t", 2, 20), ("u", 1, 30)])]
#[case::trap_64_none("g", these(&[]), &[])]
#[case::trap_64_all_of_nobody("nobody", FetchTopics::All, &[])]
#[case::trap_65_nothing_is_unstable_without_transactions("g", these(&[("t", &[2])]), &[("t", 2, 20)])]
fn every_partition_has_an_answer(
    #[case] group: &str,
    #[case] topics: FetchTopics,
    #[case] expected: &[(&str, u32, i64)],
) {
    let found = offsets(filled().fetch(group, topics).unwrap());
    let expected: Vec<_> =
        expected.iter().map(|(topic, index, at)| ((*topic).to_owned(), *index, *at)).collect();
    assert_eq!(found, expected);
}

#[test]
fn deleted_offsets_are_gone_and_the_others_stay() {
    let mut bench = filled();
    assert_eq!(codes(bench.delete("g", "t", 0)), [ErrorCode::None]);
    assert_eq!(codes(bench.delete("g", "t", 3)), [ErrorCode::None], "nothing was committed there");
    assert_eq!(bench.get("g", "t", 0), None);
    assert_eq!(bench.get("g", "t", 2), Some(20));
    assert_eq!(bench.get("other", "t", 0), Some(99));
    assert_eq!(codes(bench.delete("nobody", "t", 0)), [ErrorCode::GroupIdNotFound]);
}

#[test]
fn offsets_go_with_their_topic() {
    let mut bench = filled();
    bench.delete_topic(T);
    assert_eq!(bench.get("g", "t", 0), None);
    assert_eq!(bench.get("other", "t", 0), None);
    assert_eq!(bench.get("g", "u", 1), Some(30));
}

/// A commit that was on its way when its topic was deleted says nothing of the topic's successor.
#[test]
fn offsets_of_a_topic_are_not_those_of_its_successor() {
    let mut bench = filled();
    bench.delete_topic(T);
    bench.create_topic("t", protocol_types::TopicId([9; 16]));
    assert_eq!(codes(bench.commit(one("g", "t", 0, 5))), [ErrorCode::None]);
    assert_eq!(bench.get("g", "t", 0), None);
}

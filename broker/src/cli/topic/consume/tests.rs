use super::*;

fn partition(index: i32, leader: i32) -> MetadataResponsePartition {
    MetadataResponsePartition::default()
        .with_partition_index(index)
        .with_leader_id(BrokerId(leader))
}

/// The partitions that a round asks of a leader, in order.
fn asked(cursors: &BTreeMap<i32, Cursor>, round: usize, leader: i32) -> Vec<i32> {
    let partitions: Vec<_> =
        (0..5).map(|index| partition(index, if index < 3 { 1 } else { 2 })).collect();
    let plan = plan(&partitions, cursors, round);
    plan[&leader].iter().map(|asked| asked.partition).collect()
}

#[test]
fn each_round_begins_with_another_partition() {
    let mut cursors: BTreeMap<i32, Cursor> =
        (0..5).map(|index| (index, Cursor { next: 0, end: None })).collect();
    let rounds = |cursors: &BTreeMap<i32, Cursor>, leader: i32| {
        [0, 1, 2].map(|round| asked(cursors, round, leader))
    };
    assert_eq!(rounds(&cursors, 1), [[0, 1, 2], [1, 2, 0], [2, 0, 1]]);
    assert_eq!(rounds(&cursors, 2), [[3, 4], [4, 3], [3, 4]]);
    cursors.insert(1, Cursor { next: 7, end: Some(7) });
    assert_eq!(rounds(&cursors, 1), [[0, 2], [2, 0], [0, 2]], "what was read is not asked for");
}

use super::*;

fn mark(lsn: u64) -> GroupMark {
    GroupMark { lsn, chain: u128::from(lsn), at: Instant(0) }
}

#[test]
fn positions_are_cut_down_to_a_groups_start() {
    let mut index = GroupIndex::new(64 << 10);
    assert_eq!(index.at_or_below(9), None);
    [8192, 12288, 20480].into_iter().for_each(|lsn| index.push(mark(lsn)));
    assert_eq!(index.at_or_below(8191), None);
    assert_eq!(index.at_or_below(8192), Some(mark(8192)));
    assert_eq!(index.at_or_below(20479), Some(mark(12288)));
    assert_eq!(index.at_or_below(u64::MAX), Some(mark(20480)));
    index.forget_below(12289);
    assert_eq!(index.first(), Some(mark(20480)));
}

#[test]
fn a_large_ring_has_about_a_thousand_marks() {
    let mut index = GroupIndex::new(1 << 30);
    (0..1 << 18).for_each(|group| index.push(mark(group * 4096)));
    assert_eq!(index.marks.len(), 1024);
}

use super::*;

fn segment(base: u64, end: u64) -> SegmentRef {
    SegmentRef {
        file: FileId(base),
        at: 4096,
        len: 10 * (end - base),
        base: Offset(base),
        end: Offset(end),
        max_timestamp: Timestamp(-1),
        sealed_at: Timestamp(0),
        index: 0,
    }
}

fn list() -> SegmentList {
    let mut list = SegmentList::default();
    [segment(0, 10), segment(10, 15), segment(20, 30)].into_iter().for_each(|s| list.push(s));
    list
}

#[test]
fn reading_starts_at_the_segment_that_holds_the_offset_or_follows_it() {
    let first = |offset| list().from(Offset(offset)).next().map(|segment| segment.base.0);
    assert_eq!(first(0), Some(0));
    assert_eq!(first(9), Some(0));
    assert_eq!(first(10), Some(10));
    assert_eq!(first(17), Some(20));
    assert_eq!(first(30), None);
}

#[test]
fn only_segments_wholly_below_the_log_start_are_dropped() {
    let mut list = list();
    let dropped: Vec<u64> = list.drop_below(Offset(14)).map(|segment| segment.base.0).collect();
    assert_eq!(dropped, [0]);
    assert_eq!(list.bytes(), 150);
    assert_eq!(list.drop_below(Offset(15)).count(), 1);
    assert_eq!(list.len(), 1);
    assert_eq!(list.end(), Some(Offset(30)));
}

#[test]
#[should_panic(expected = "segments follow one another")]
fn segments_never_overlap() {
    list().push(segment(29, 40));
}

//! A log whose older segments stand in pages answers as one that has all of them in memory.

use std::sync::Arc;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::retention::{self, RetentionRules};
use crate::{LoadedPage, PAGE_SEGMENTS};

/// Segments of ten offsets and 100 bytes, each with the largest timestamp given.
fn segments(stamps: &[i64]) -> Vec<SegmentRef> {
    let segment = |(n, stamp): (u64, &i64)| SegmentRef {
        file: FileId(n),
        at: 4096,
        len: 100,
        base: Offset(n * 10),
        end: Offset(n * 10 + 10),
        max_timestamp: Timestamp(*stamp),
        sealed_at: Timestamp(n.cast_signed()),
        index: 0,
    };
    (0..).zip(stamps).map(segment).collect()
}

/// The pages that hold all but the newest of `segments`, each of `size`, and the newest.
fn paged(segments: &[SegmentRef], size: usize) -> (Vec<LoadedPage>, Vec<SegmentRef>) {
    let chunks = segments.chunks_exact(size);
    let rest = chunks.remainder().to_vec();
    let page = |(number, chunk): (u64, &[SegmentRef])| -> LoadedPage {
        (PageRef::over(chunk, number, 0, 0).unwrap(), Arc::from(chunk))
    };
    ((0..).zip(chunks).map(page).collect(), rest)
}

fn recover(
    pages: &[LoadedPage],
    segments: &[SegmentRef],
    log_start: u64,
    end: u64,
) -> PartitionLog {
    let from = RecoveredPartition {
        log_start: Offset(log_start),
        sealed_end: Offset(end),
        pages: pages.iter().map(|(page, _)| *page).filter(|p| p.end.0 > log_start).collect(),
        segments: segments.iter().copied().filter(|s| s.end.0 > log_start).collect(),
        ..RecoveredPartition::default()
    };
    let mut log = PartitionLog::recover(from).unwrap();
    if let Some(page) = log.unsettled() {
        log.settle(&page, page.looked(pages).unwrap());
    }
    log
}

/// The same log twice: plain, and in pages of `size`.
fn both(
    stamps: &[i64],
    size: usize,
    log_start: u64,
) -> (PartitionLog, PartitionLog, Vec<LoadedPage>) {
    let all = segments(stamps);
    let end = all.last().map_or(0, |last| last.end.0);
    let (pages, rest) = paged(&all, size);
    let plain = recover(&[], &all, log_start, end);
    (plain, recover(&pages, &rest, log_start, end), pages)
}

/// The segments a lookup by time goes through.
fn times(log: &PartitionLog, pages: &[LoadedPage], target: i64, from: u64) -> Vec<SegmentRef> {
    let (mut from, mut found) = (Offset(from).max(log.log_start()), Vec::new());
    let target = Timestamp(target);
    while let Some(candidate) = log.timestamp_candidate(target, from, Offset::MAX) {
        from = match candidate {
            Candidate::Paged { page, next } => {
                let inside = page.looked(pages).unwrap().iter();
                found.extend(inside.filter(|s| s.end > from && s.max_timestamp >= target));
                next
            }
            Candidate::Sealed { segment, next } => {
                found.push(segment);
                next
            }
            Candidate::Ring { .. } => panic!("nothing is in the ring"),
        };
    }
    found
}

/// The offsets at and behind `from`, by plan after plan.
fn reads(log: &PartitionLog, pages: &[LoadedPage], from: u64) -> Vec<SegmentRef> {
    let (mut from, mut found) = (from, Vec::new());
    while from < log.log_end().0 {
        let plan = planned(log, from, ReadLimits { upto: log.log_end(), ..ALL });
        let inside = plan.page.map(|part| {
            assert!(plan.sealed.is_empty() && plan.ring.is_empty());
            part.sealed(part.page.looked(pages).unwrap(), log.log_end())
        });
        let parts = inside.unwrap_or(plan.sealed);
        assert!(!parts.is_empty() && parts.len() <= 16, "{} parts at {from}", parts.len());
        for part in parts {
            assert_eq!(part.from.0, from.max(part.segment.base.0));
            found.push(part.segment);
            from = part.segment.end.0;
        }
    }
    found
}

fn retained(
    log: &PartitionLog,
    pages: &[LoadedPage],
    rules: RetentionRules,
    now: i64,
) -> Option<u64> {
    let mut loaded: Vec<LoadedPage> = Vec::new();
    loop {
        match retention::plan(log, &loaded, rules, log.log_end(), Timestamp(now)) {
            Ok(to) => return to.map(|to| to.0),
            Err(page) => {
                assert!(page.looked(&loaded).is_none(), "a page is asked for once");
                loaded.push((page, page.looked(pages).unwrap().into()));
            }
        }
    }
}

fn newest(log: &PartitionLog, pages: &[LoadedPage]) -> Option<i64> {
    let found = log.newest_timestamp(Offset::MAX, &[]);
    let found = found.or_else(|page| {
        let inside: LoadedPage = (page, page.looked(pages).unwrap().into());
        log.newest_timestamp(Offset::MAX, &[inside])
    });
    found.unwrap().map(|(stamp, _)| stamp.0)
}

proptest! {
    #[test]
    fn lookups_and_retention_are_those_of_a_plain_list(
        stamps in prop::collection::vec(-1..60_i64, 1..60),
        size in 1..7_usize,
        start in 0..600_u64,
        from in 0..600_u64,
        target in 0..60_i64,
        ms in prop::option::of(0..60_u64),
        bytes in prop::option::of(0..6_000_u64),
    ) {
        let start = start % (stamps.len() as u64 * 10);
        let (plain, paged, pages) = both(&stamps, size, start);
        let from = start + from % (plain.log_end().0 - start);
        prop_assert_eq!(paged.segments().bytes(), plain.segments().bytes());
        prop_assert_eq!(reads(&paged, &pages, from), reads(&plain, &[], from));
        prop_assert_eq!(times(&paged, &pages, target, from), times(&plain, &[], target, from));
        prop_assert_eq!(newest(&paged, &pages), newest(&plain, &[]));
        let rules = RetentionRules { ms, bytes };
        prop_assert_eq!(retained(&paged, &pages, rules, 60), retained(&plain, &[], rules, 60));
    }
}

#[rstest]
#[case::by_age(RetentionRules { ms: Some(0), bytes: None })]
#[case::by_size(RetentionRules { ms: None, bytes: Some(300) })]
fn retention_drops_old_pages_whole_without_looking_into_them(#[case] rules: RetentionRules) {
    // Three pages that expired, and three younger segments.
    let mut stamps = vec![5; 3 * PAGE_SEGMENTS];
    stamps.extend([100; 3]);
    let (_, mut log, pages) = both(&stamps, PAGE_SEGMENTS, 0);
    let to = retention::plan(&log, &[], rules, log.log_end(), Timestamp(100)).unwrap().unwrap();
    assert_eq!(to, pages[2].0.end);
    let dropped = log.set_log_start(to);
    assert_eq!((dropped.pages.len(), dropped.segments.len()), (3, 0));
    assert_eq!(log.segments().bytes(), 300);
    assert_eq!(log.segments().pages().len(), 0);
}

#[test]
fn retention_within_a_page_leaves_the_page_and_hands_out_what_died() {
    let stamps: Vec<i64> = (0..).take(PAGE_SEGMENTS + 2).collect();
    let (_, mut log, pages) = both(&stamps, PAGE_SEGMENTS, 0);
    let rules = RetentionRules { ms: Some(50), bytes: None };
    let at = |log: &PartitionLog, loaded: &[LoadedPage]| {
        retention::plan(log, loaded, rules, log.log_end(), Timestamp(61))
    };
    assert_eq!(at(&log, &[]), Err(pages[0].0));
    assert_eq!(at(&log, &pages), Ok(Some(Offset(110))));
    assert!(log.set_log_start(Offset(110)).is_empty());
    let (page, inside) = &pages[0];
    assert_eq!(log.unsettled(), Some(*page));
    assert_eq!(log.settle(page, inside), inside[..11]);
    assert_eq!(log.unsettled(), None);
    assert_eq!(log.segments().bytes(), (stamps.len() as u64 - 11) * 100);
    let rest = log.set_log_start(pages[0].0.end);
    assert_eq!(rest.pages[0].of(inside).count(), PAGE_SEGMENTS - 11);
}

#[rstest]
#[case::by_age(RetentionRules { ms: Some(0), bytes: None })]
#[case::by_size(RetentionRules { ms: None, bytes: Some(300) })]
fn of_a_page_that_cannot_be_read_nothing_is_dropped(#[case] rules: RetentionRules) {
    // An expired page, one that is old but for its last segment, and what follows.
    let mut stamps = vec![5; 2 * PAGE_SEGMENTS - 1];
    stamps.extend([100; 3]);
    let (_, log, pages) = both(&stamps, PAGE_SEGMENTS, 0);
    let loaded: LoadedPage = (pages[1].0, Arc::default());
    let to = retention::plan(&log, &[loaded], rules, log.log_end(), Timestamp(100));
    assert_eq!(to, Ok(Some(pages[0].0.end)));
}

use broker_env::HashMap;
use proptest::prelude::*;

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
    let first = |offset| list().resident_from(Offset(offset)).next().map(|segment| segment.base.0);
    assert_eq!(first(0), Some(0));
    assert_eq!(first(9), Some(0));
    assert_eq!(first(10), Some(10));
    assert_eq!(first(17), Some(20));
    assert_eq!(first(30), None);
}

#[test]
fn only_segments_wholly_below_the_log_start_are_dropped() {
    let mut list = list();
    assert_eq!(list.drop_below(Offset(14)).segments, [segment(0, 10)]);
    assert_eq!(list.bytes(), 150);
    assert_eq!(list.drop_below(Offset(15)).segments, [segment(10, 15)]);
    assert_eq!(list.resident().len(), 1);
    assert_eq!(list.end(), Some(Offset(30)));
}

#[test]
#[should_panic(expected = "segments follow one another")]
fn segments_never_overlap() {
    list().push(segment(29, 40));
}

/// A list beside what it must amount to: every live segment, and every dead one handed out once.
#[derive(Default)]
struct World {
    list: SegmentList,
    live: Vec<SegmentRef>,
    handed_out: Vec<SegmentRef>,
    dead: Vec<SegmentRef>,
    log_start: Offset,
    pages: HashMap<u64, Vec<SegmentRef>>,
}

#[derive(Clone, Debug)]
enum Op {
    Push(u64),
    /// Pages the oldest resident segments; the log start rises before they are let go.
    Page {
        segments: usize,
        meanwhile: u8,
    },
    DropBelow(u8),
    Settle,
    Restart,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        6 => (1..9_u64).prop_map(Op::Push),
        2 => (1..6_usize, any::<u8>())
            .prop_map(|(segments, meanwhile)| Op::Page { segments, meanwhile }),
        2 => any::<u8>().prop_map(Op::DropBelow),
        1 => Just(Op::Settle),
        1 => Just(Op::Restart),
    ];
    prop::collection::vec(op, 1..80)
}

impl World {
    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Push(len) => {
                let base = self.end();
                let segment = segment(base, base + len);
                self.list.push(segment);
                self.live.push(segment);
            }
            Op::Page { segments, meanwhile } => {
                let oldest: Vec<SegmentRef> =
                    self.list.resident().take(segments).copied().collect();
                let number = self.pages.len() as u64;
                let Some(page) = PageRef::over(&oldest, number, 0, number) else { return };
                self.pages.insert(number, oldest);
                if meanwhile > 200 {
                    self.drop_below(meanwhile);
                }
                self.list.adopt(page);
            }
            Op::DropBelow(share) => self.drop_below(share),
            Op::Settle => self.settle(),
            Op::Restart => {
                let pages = self.list.pages().copied().collect();
                let resident = self.list.resident().copied().collect();
                self.list = SegmentList::recover(pages, resident, self.log_start).unwrap();
                // What nobody was told of is nobody's business after a restart.
                self.handed_out.clone_from(&self.dead);
            }
        }
    }

    fn end(&self) -> u64 {
        self.live.last().or_else(|| self.dead.last()).map_or(0, |segment| segment.end.0)
    }

    fn drop_below(&mut self, share: u8) {
        let to = Offset(self.end() * u64::from(share) / 255);
        self.log_start = self.log_start.max(to);
        let died = self.live.partition_point(|segment| segment.end <= self.log_start);
        self.dead.extend(self.live.drain(..died));
        let dropped = self.list.drop_below(self.log_start);
        for rest in &dropped.pages {
            self.handed_out.extend(rest.of(&self.pages[&rest.page.file]));
        }
        self.handed_out.extend(dropped.segments);
    }

    fn settle(&mut self) {
        if let Some(page) = self.list.unsettled(self.log_start) {
            let segments = &self.pages[&page.file];
            self.handed_out.extend(self.list.settle(&page, segments, self.log_start));
        }
        assert_eq!(self.list.unsettled(self.log_start), None);
        assert_eq!(self.list.settle_again(self.log_start, &self.pages), 0);
        assert_eq!(self.handed_out, self.dead, "each dead segment is handed out once");
        assert_eq!(self.list.bytes(), self.live.iter().map(|s| s.len).sum::<u64>());
    }

    /// The live segments that hold `offset` or follow it, by way of the pages.
    fn from(&self, offset: Offset) -> Vec<SegmentRef> {
        let offset = offset.max(self.log_start);
        let paged = self.list.pages_from(offset).flat_map(|page| &self.pages[&page.file]);
        let paged = paged.filter(|segment| segment.end > offset);
        paged.chain(self.list.resident_from(offset)).copied().collect()
    }
}

impl SegmentList {
    /// Settling again finds nothing.
    fn settle_again(&mut self, log_start: Offset, pages: &HashMap<u64, Vec<SegmentRef>>) -> usize {
        let Some(page) = self.pages.front().copied() else { return 0 };
        self.settle(&page, &pages[&page.file], log_start).len()
    }
}

proptest! {
    #[test]
    fn a_paged_list_agrees_with_a_plain_one(ops in ops(), offset in 0..300_u64) {
        let mut world = World::default();
        for op in &ops {
            world.apply(op);
            let offset = Offset(offset);
            let plain = world.live.iter().filter(|segment| segment.end > offset);
            prop_assert_eq!(world.from(offset), plain.copied().collect::<Vec<_>>());
            prop_assert_eq!(world.list.end().is_some(), !world.live.is_empty());
            prop_assert_eq!(world.list.is_empty(), world.live.is_empty());
        }
        world.settle();
        let rest = std::mem::take(&mut world.list).into_dropped();
        let paged = rest.pages.iter().flat_map(|rest| rest.of(&world.pages[&rest.page.file]));
        let all: Vec<SegmentRef> = paged.chain(&rest.segments).copied().collect();
        prop_assert_eq!(all, world.live);
    }
}

use proptest::prelude::*;
use protocol_records::BatchView;
use protocol_types::FlushPolicy::{Async, Fsync};
use protocol_types::{ErrorCode, FlushPolicy};
use rstest::rstest;

use super::*;
use crate::testing::{NOW, append, batch, facts, span};
use crate::{Candidate, FileId, OutOfRange, ReadLimits, ReadPlan, RingSpan};

mod paged;

fn segment(log: &PartitionLog, upto: u64) -> SegmentRef {
    let sealed = log.tail().iter().take_while(|batch| batch.next() <= Offset(upto));
    let (len, max) = sealed.fold((0, -1), |(len, max), batch| {
        (len + u64::from(batch.len), max.max(batch.max_timestamp.0))
    });
    SegmentRef {
        file: FileId(upto),
        at: 4096,
        len,
        base: log.sealed_end(),
        end: Offset(upto),
        max_timestamp: Timestamp(max),
        sealed_at: NOW,
        index: 0,
    }
}

/// Ten batches of five records each, timestamps 0, 10, 20 …, in epoch 1; the ring's head after each.
fn log() -> (PartitionLog, Vec<Lsn>) {
    let (mut log, mut at) = (PartitionLog::new(), 0);
    let ends = (0..10).map(|n| {
        append(&mut log, &batch(5, None, n * 10), 1, &mut at);
        Lsn(at)
    });
    let ends = ends.collect();
    (log, ends)
}

const ALL: ReadLimits = ReadLimits { bytes_max: u64::MAX, upto: Offset::MAX, at_least_one: true };

fn planned(log: &PartitionLog, from: u64, limits: ReadLimits) -> ReadPlan {
    let mut plan = ReadPlan::default();
    log.plan_read(Offset(from), limits, &mut plan).unwrap();
    plan
}

#[rstest]
#[case::fsync_waits_for_durable(Fsync, 9, 4, 25)]
#[case::async_for_published(Async, 9, 4, 50)]
fn the_high_watermark_follows_the_policy(
    #[case] policy: FlushPolicy,
    #[case] published: usize,
    #[case] durable: usize,
    #[case] expected: u64,
) {
    let (mut log, ends) = log();
    let marks = log.marks(ends[published], ends[durable], policy);
    assert_eq!(marks.high_watermark, Offset(expected));
    assert_eq!(marks.last_stable, marks.high_watermark);
    assert_eq!((marks.durable_end, marks.log_end), (Offset(25), Offset(50)));
}

#[test]
fn a_watermark_within_an_entry_does_not_make_it_durable() {
    let (mut log, ends) = log();
    let within = Lsn(ends[3].0 - 1);
    assert_eq!(log.marks(within, within, Fsync).durable_end, Offset(15));
}

#[test]
fn the_high_watermark_never_goes_back_when_the_policy_changes() {
    let (mut log, ends) = log();
    assert_eq!(log.marks(ends[9], ends[0], Async).high_watermark, Offset(50));
    assert_eq!(log.marks(ends[9], ends[0], Fsync).high_watermark, Offset(50));
    assert_eq!(log.marks(ends[9], ends[9], Fsync).high_watermark, Offset(50));
}

#[rstest]
#[case::trap_50_below_the_log_start(9, true)]
#[case::at_the_log_start(10, false)]
#[case::trap_50_at_the_log_end(50, false)]
#[case::trap_50_above_the_log_end(51, true)]
fn only_offsets_within_the_log_can_be_read(#[case] from: u64, #[case] refused: bool) {
    let (mut log, _) = log();
    log.set_log_start(Offset(10));
    let got = log.plan_read(Offset(from), ALL, &mut ReadPlan::default());
    let (log_start, log_end) = (Offset(10), Offset(50));
    let out = OutOfRange { asked: Offset(from), log_start, log_end };
    assert_eq!(got, if refused { Err(out) } else { Ok(()) });
}

#[rstest]
#[case::trap_47_first_batch_whole(0, 1, true, 1)]
#[case::not_whole_if_not_asked(0, 1, false, 0)]
#[case::trap_48_middle_of_a_batch(3, 61, true, 1)]
#[case::two_fit(5, 122, true, 2)]
#[case::two_and_a_half_fit(5, 160, true, 2)]
#[case::end(50, 1000, true, 0)]
fn ring_parts_are_whole_batches(
    #[case] from: u64,
    #[case] bytes_max: u64,
    #[case] at_least_one: bool,
    #[case] parts: usize,
) {
    let (log, _) = log();
    let limits = ReadLimits { bytes_max, upto: Offset(50), at_least_one };
    let plan = planned(&log, from, limits);
    assert_eq!(plan.ring.len(), parts);
    assert_eq!(plan.ring_bytes, 61 * parts as u64);
    let first = log.tail().get(usize::try_from(from / 5).unwrap()).map(TailBatch::part);
    assert_eq!(plan.ring.first().copied(), first.filter(|_| parts > 0));
}

#[test]
fn nothing_beyond_the_readers_mark_is_planned() {
    let (log, _) = log();
    assert_eq!(planned(&log, 0, ReadLimits { upto: Offset(14), ..ALL }).ring.len(), 2);
    assert!(planned(&log, 12, ReadLimits { upto: Offset(12), ..ALL }).is_empty());
}

#[test]
fn a_read_goes_from_segments_into_the_ring() {
    let (mut log, _) = log();
    for upto in [15, 25] {
        let segment = segment(&log, upto);
        assert_eq!(log.seal_applied(segment, NOW), None);
    }
    let plan = planned(&log, 7, ALL);
    let sealed: Vec<(u64, u64)> =
        plan.sealed.iter().map(|part| (part.segment.base.0, part.from.0)).collect();
    assert_eq!(sealed, [(0, 7), (15, 15)]);
    assert_eq!(plan.ring.len(), 5);
    // The second segment alone fills the limit, so nothing may follow it.
    let plan = planned(&log, 7, ReadLimits { bytes_max: 122, ..ALL });
    assert_eq!((plan.sealed.len(), plan.ring.len()), (2, 0));
    let plan = planned(&log, 30, ALL);
    assert_eq!((plan.sealed.len(), plan.ring.len()), (0, 4));
}

/// Of a thousand partitions whose turn does not come, none opens a file.
#[test]
fn without_room_nothing_is_planned() {
    let (mut log, _) = log();
    let segment = segment(&log, 15);
    log.seal_applied(segment, NOW);
    let none = ReadLimits { bytes_max: 0, at_least_one: false, ..ALL };
    assert!(planned(&log, 0, none).is_empty());
    assert!(planned(&log, 20, none).is_empty());
    assert!(!planned(&log, 0, ReadLimits { at_least_one: true, ..none }).is_empty());
}

#[test]
fn a_plan_opens_few_files() {
    let (mut log, mut at) = (PartitionLog::new(), 0);
    for n in 1..=40 {
        append(&mut log, &batch(1, None, 0), 1, &mut at);
        let segment = segment(&log, n);
        log.seal_applied(segment, NOW);
    }
    append(&mut log, &batch(1, None, 0), 1, &mut at);
    let plan = planned(&log, 0, ALL);
    assert_eq!((plan.sealed.len(), plan.ring.len()), (16, 0));
}

#[test]
fn a_duplicate_tells_whether_its_original_is_durable() {
    let (mut log, mut at) = (PartitionLog::new(), 0);
    let first = batch(5, Some((7, 0, 0)), 70);
    let view = BatchView::parse(&first).unwrap();
    let duplicate = |original| Check::Duplicate {
        base_offset: Offset(0),
        max_timestamp: Timestamp(70),
        original,
    };

    log.stage(&BatchFacts::fresh(&view, Offset(0), LeaderEpoch(1)), NOW);
    assert_eq!(log.check(&view), Ok(duplicate(Original::Staged)));
    let (placed, end) = span(at, 61);
    log.place(placed);
    at = end;
    assert_eq!(log.check(&view), Ok(duplicate(Original::Ring { end: Lsn(end) })));

    append(&mut log, &batch(5, Some((7, 0, 5)), 70), 1, &mut at);
    let sealed = segment(&log, 5);
    log.seal_applied(sealed, NOW);
    assert_eq!(log.check(&view), Ok(duplicate(Original::Sealed)));
}

#[rstest]
#[case::trap_37((7, 1, 0), ErrorCode::DuplicateSequenceNumber)]
#[case::trap_38((7, 1, 31), ErrorCode::OutOfOrderSequenceNumber)]
#[case::trap_40_new_epoch((7, 2, 30), ErrorCode::OutOfOrderSequenceNumber)]
#[case::trap_40_old_epoch((7, 0, 30), ErrorCode::InvalidProducerEpoch)]
fn a_refused_batch_has_kafkas_code(#[case] producer: (u64, i16, i32), #[case] code: ErrorCode) {
    let (mut log, mut at) = (PartitionLog::new(), 0);
    for n in 0..6 {
        append(&mut log, &batch(5, Some((7, 1, n * 5)), 0), 1, &mut at);
    }
    let refused = batch(5, Some(producer), 0);
    let error = log.check(&BatchView::parse(&refused).unwrap()).unwrap_err();
    assert_eq!(error.code(), code);
}

#[rstest]
#[case::trap_60_exact_batch(20, 0, Some(10))]
#[case::between(21, 0, Some(15))]
#[case::from_a_later_offset(0, 12, Some(10))]
#[case::none(91, 0, None)]
fn a_timestamp_leads_to_the_first_batch_that_may_hold_it(
    #[case] target: i64,
    #[case] from: u64,
    #[case] found: Option<u64>,
) {
    let (log, _) = log();
    let got = log.timestamp_candidate(Timestamp(target), Offset(from), Offset(50));
    let base = got.map(|candidate| match candidate {
        Candidate::Ring { base, .. } => base.0,
        Candidate::Paged { .. } | Candidate::Sealed { .. } => panic!("nothing is sealed"),
    });
    assert_eq!(base, found);
}

#[test]
fn timestamps_out_of_order_are_found_in_offset_order_across_segments() {
    let (mut log, mut at) = (PartitionLog::new(), 0);
    for stamp in [5, 90, 10, -1, 40, 95] {
        append(&mut log, &batch(1, None, stamp), 1, &mut at);
    }
    for upto in [2, 3] {
        let segment = segment(&log, upto);
        log.seal_applied(segment, NOW);
    }
    let mut bases = Vec::new();
    let mut from = Offset(0);
    while let Some(candidate) = log.timestamp_candidate(Timestamp(30), from, Offset(5)) {
        let (base, next) = match candidate {
            Candidate::Paged { .. } => panic!("nothing is paged"),
            Candidate::Sealed { segment, next } => (segment.base, next),
            Candidate::Ring { base, next, .. } => (base, next),
        };
        bases.push(base.0);
        from = next;
    }
    assert_eq!(bases, [0, 4], "offset 5 is beyond the mark");
    let newest = |upto| log.newest_timestamp(Offset(upto), &[]).unwrap().unwrap();
    assert!(matches!(newest(5), (Timestamp(90), Candidate::Sealed { .. })));
    assert!(matches!(newest(6), (Timestamp(95), Candidate::Ring { base: Offset(5), .. })));
}

#[test]
fn a_log_without_timestamps_has_no_newest_one() {
    let (mut log, mut at) = (PartitionLog::new(), 0);
    assert_eq!(log.newest_timestamp(Offset::MAX, &[]), Ok(None));
    append(&mut log, &batch(1, None, -1), 1, &mut at);
    assert_eq!(log.newest_timestamp(Offset(1), &[]), Ok(None));
}

#[test]
fn deleted_records_take_their_segments_along() {
    let (mut log, _) = log();
    for upto in [15, 25] {
        let segment = segment(&log, upto);
        log.seal_applied(segment, NOW);
    }
    let dropped = |dropped: Dropped| -> Vec<u64> {
        dropped.segments.iter().map(|segment| segment.base.0).collect()
    };
    assert_eq!(dropped(log.set_log_start(Offset(14))), [0; 0]);
    assert_eq!(dropped(log.set_log_start(Offset(15))), [0]);
    assert_eq!(dropped(log.set_log_start(Offset(3))), [0; 0]);
    assert_eq!(log.log_start(), Offset(15));
    assert_eq!(dropped(log.set_log_start(Offset(33))), [15]);
    assert_eq!(planned(&log, 33, ALL).ring.len(), 4);
}

#[test]
fn dead_batches_of_the_tail_are_passed_without_a_segment() {
    let (mut log, ends) = log();
    assert_eq!(log.dead_end(), None);
    log.set_log_start(Offset(4));
    assert_eq!(log.dead_end(), None, "a batch lives as long as one of its records");
    log.set_log_start(Offset(23));
    assert_eq!(log.dead_end(), Some(Offset(20)));
    log.pass_dead(Offset(20), NOW);
    assert_eq!((log.sealed_end(), log.dead_end()), (Offset(20), None));
    assert_eq!(log.seal_applied(segment(&log, 30), NOW), None);
    let marks = log.marks(ends[9], ends[7], Fsync);
    assert_eq!((marks.durable_end, marks.log_end), (Offset(40), Offset(50)));
    assert_eq!(planned(&log, 23, ALL).sealed.len(), 1);
}

#[test]
fn a_segment_that_died_while_it_was_sealed_is_handed_back() {
    let (mut log, ends) = log();
    let dead = segment(&log, 15);
    log.set_log_start(Offset(20));
    assert_eq!(log.seal_applied(dead, NOW), Some(dead));
    assert!(log.segments().is_empty());
    assert_eq!(log.sealed_end(), Offset(15));
    assert_eq!(log.marks(ends[9], ends[9], Fsync).log_end, Offset(50));
}

#[test]
fn the_current_epoch_ends_at_the_log_end_also_without_batches() {
    let (log, _) = log();
    let end = |asked| log.end_offset_for(LeaderEpoch(asked), LeaderEpoch(3));
    assert_eq!(end(3), Some((LeaderEpoch(3), Offset(50))));
    assert_eq!(end(1), Some((LeaderEpoch(1), Offset(50))));
    assert_eq!(end(4), None);
}

#[rstest]
#[case::gap(facts(51, 1, 0, 1), false)]
#[case::repeated_and_unsealed(facts(45, 5, 0, 1), false)]
#[case::older_epoch(facts(50, 5, 0, 0), false)]
#[case::across_the_sealed_end(facts(12, 8, 0, 1), false)]
#[case::sealed(facts(10, 5, 0, 1), true)]
#[case::next(facts(50, 5, 0, 2), true)]
fn replay_takes_only_what_follows(#[case] batch: BatchFacts, #[case] fine: bool) {
    let (mut log, ends) = log();
    let sealed = segment(&log, 15);
    log.seal_applied(sealed, NOW);
    assert_eq!(log.replay(&batch, span(ends[9].0, 61).0, NOW).is_ok(), fine);
}

#[rstest]
#[case::within(20, 20, true)]
#[case::in_the_unsealed_part(40, 40, true)]
#[case::beyond_the_log(51, 40, false)]
fn a_log_start_must_be_within_the_recovered_log(
    #[case] checkpointed: u64,
    #[case] in_the_ring: u64,
    #[case] fine: bool,
) {
    let (live, _) = log();
    let from = RecoveredPartition {
        log_start: Offset(checkpointed),
        sealed_end: Offset(15),
        ..RecoveredPartition::default()
    };
    let mut log = PartitionLog::recover(from).unwrap();
    let mut at = 0;
    for batch in live.tail().iter().filter(|batch| batch.base >= Offset(15)) {
        let (span, end) = span(at, batch.len);
        log.replay(&facts(batch.base.0, 5, 0, 1), span, NOW).unwrap();
        at = end;
    }
    assert!(log.replay_log_start(Offset(in_the_ring)).is_ok());
    assert!(log.replay_log_start(Offset(51)).is_err());
    assert_eq!(log.check_recovered().is_ok(), fine);
}

#[derive(Clone, Debug)]
enum Op {
    Append { records: u32, producer: Option<u8>, epoch_up: bool },
    Durable(u8),
    Seal(u8),
    PassDead,
    DeleteBelow(u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let append = (1..6_u32, prop::option::of(0..3_u8), prop::bool::weighted(0.1))
        .prop_map(|(records, producer, epoch_up)| Op::Append { records, producer, epoch_up });
    let op = prop_oneof![
        6 => append,
        2 => any::<u8>().prop_map(Op::Durable),
        1 => any::<u8>().prop_map(Op::Seal),
        1 => Just(Op::PassDead),
        1 => any::<u8>().prop_map(Op::DeleteBelow),
    ];
    prop::collection::vec(op, 1..80)
}

/// A log beside plain lists of what it should hold.
#[derive(Default)]
struct World {
    log: PartitionLog,
    /// As of the sealed end, which the live table is ahead of.
    sealed_producers: ProducerTable,
    batches: Vec<(BatchFacts, RingSpan)>,
    sequences: [i32; 3],
    epoch: u32,
    at: u64,
    durable: u64,
    log_start: u64,
    segments: Vec<SegmentRef>,
    high_watermark: u64,
}

impl World {
    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Append { records, producer, epoch_up } => {
                self.epoch += u32::from(epoch_up);
                let stamp = producer.map(|id| (u64::from(id), 0, self.sequences[usize::from(id)]));
                let bytes = batch(records, stamp, i64::from(records));
                let view = BatchView::parse(&bytes).unwrap();
                let base = self.log.log_end();
                let facts = BatchFacts::fresh(&view, base, LeaderEpoch(self.epoch));
                let (span, _) = span(self.at, 61);
                let check = append(&mut self.log, &bytes, self.epoch, &mut self.at);
                assert_eq!(check, Check::Fresh { base_offset: base });
                self.batches.push((facts, span));
                if let Some(id) = producer {
                    self.sequences[usize::from(id)] += records.cast_signed();
                }
            }
            Op::Durable(share) => {
                self.durable = self.durable.max(self.at * u64::from(share) / 255);
            }
            Op::Seal(share) => {
                let upto = Lsn(self.durable * u64::from(share) / 255);
                let Some(last) = self.log.unsealed_below(upto).last().map(TailBatch::next) else {
                    return;
                };
                let segment = segment(&self.log, last.0);
                self.replay_sealed(segment.base, last);
                if self.log.seal_applied(segment, NOW).is_none() {
                    self.segments.push(segment);
                }
            }
            Op::PassDead => {
                let Some(dead_end) = self.log.dead_end() else { return };
                self.replay_sealed(self.log.sealed_end(), dead_end);
                self.log.pass_dead(dead_end, NOW);
            }
            Op::DeleteBelow(share) => {
                let to = self.high_watermark * u64::from(share) / 255;
                self.log_start = self.log_start.max(to);
                self.log.set_log_start(Offset(to));
                self.segments.retain(|segment| segment.end.0 > self.log_start);
            }
        }
    }

    /// What the batches between `from` and `to` did is as of the sealed end now.
    fn replay_sealed(&mut self, from: Offset, to: Offset) {
        let sealed = self.batches.iter().map(|(facts, _)| facts);
        let sealed = sealed.filter(|facts| facts.base_offset >= from && facts.base_offset < to);
        sealed.for_each(|facts| self.sealed_producers.replay(facts, NOW));
    }

    fn check_marks(&mut self) {
        let marks = self.log.marks(Lsn(self.at), Lsn(self.durable), Fsync);
        let durable = self.batches.iter().take_while(|(_, span)| span.end.0 <= self.durable);
        let end = durable.last().map_or(0, |(facts, _)| facts.next_offset().0);
        assert_eq!(marks.durable_end.0, end);
        assert_eq!(marks.high_watermark.0, end);
        assert!(marks.log_start.0 == self.log_start && marks.log_start <= marks.high_watermark);
        self.high_watermark = end;
    }

    fn check_reads(&self, from: u64, bytes_max: u64) {
        let limits =
            ReadLimits { bytes_max, upto: Offset(self.high_watermark), at_least_one: true };
        let mut plan = ReadPlan::default();
        if self.log.plan_read(Offset(from), limits, &mut plan).is_err() {
            assert!(from < self.log_start || from > self.log.log_end().0);
            return;
        }
        // What is planned is a contiguous run from the batch that holds `from`.
        let mut at = from;
        for part in &plan.sealed {
            assert!(self.segments.contains(&part.segment));
            assert!(part.segment.base.0 <= at && part.segment.end.0 > at);
            assert_eq!(part.from.0, at);
            at = part.segment.end.0;
        }
        for part in &plan.ring {
            let (facts, span) = self.batches.iter().find(|(_, span)| span.lsn == part.lsn).unwrap();
            assert_eq!(span.len, part.len);
            assert!(facts.base_offset.0 <= at && facts.next_offset().0 > at);
            assert!(facts.next_offset().0 <= self.high_watermark);
            at = facts.next_offset().0;
        }
        let readable = from < self.high_watermark;
        assert_eq!(readable, !plan.is_empty(), "the first batch is always whole");
        assert!(plan.ring_bytes <= bytes_max || (plan.sealed.is_empty() && plan.ring.len() == 1));
    }

    /// What a restart would find: the checkpoint at the sealed end, and the whole ring.
    fn recovered(&self) -> PartitionLog {
        let sealed_end = self.log.sealed_end();
        let epochs = self.log.epochs().starts().iter().copied();
        let from = RecoveredPartition {
            log_start: Offset(self.log_start),
            sealed_end,
            pages: Vec::new(),
            segments: self.segments.clone(),
            epochs: epochs.filter(|epoch| epoch.start < sealed_end).collect(),
            producers: self.sealed_producers.snapshot(),
        };
        let mut log = PartitionLog::recover(from).unwrap();
        for (facts, span) in &self.batches {
            log.replay(facts, *span, NOW).unwrap();
        }
        log.check_recovered().unwrap();
        log
    }
}

proptest! {
    #[test]
    fn a_log_agrees_with_plain_lists_and_survives_a_restart(
        ops in ops(),
        from in 0..200_u64,
        bytes_max in 0..700_u64,
    ) {
        let mut world = World::default();
        for op in &ops {
            world.apply(op);
            world.check_marks();
            world.check_reads(from, bytes_max);
        }
        let mut recovered = world.recovered();
        prop_assert_eq!(recovered.producers().snapshot(), world.log.producers().snapshot());
        let segments = |log: &PartitionLog| log.segments().resident().copied().collect::<Vec<_>>();
        prop_assert_eq!(segments(&recovered), segments(&world.log));
        prop_assert_eq!(recovered.sealed_end(), world.log.sealed_end());
        let tail = |log: &PartitionLog| log.tail().iter().copied().collect::<Vec<_>>();
        prop_assert_eq!(tail(&recovered), tail(&world.log));
        prop_assert_eq!(recovered.log_start(), world.log.log_start());
        for offset in world.log_start..world.log.log_end().0 {
            prop_assert_eq!(recovered.epoch_of(Offset(offset)), world.log.epoch_of(Offset(offset)));
        }
        let all = Lsn(world.at);
        let marks = recovered.marks(all, all, Fsync);
        prop_assert_eq!(marks.high_watermark, world.log.log_end());
    }
}

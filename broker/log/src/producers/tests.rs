use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::testing::{NOW, stamp};

/// A batch of producer 7, `records` long, at `base`.
fn facts(base: u64, epoch: i16, sequence: i32, records: u32) -> BatchFacts {
    let producer = Some(stamp((7, epoch, sequence)));
    BatchFacts { producer, ..crate::testing::facts(base, records, -1, 0) }
}

/// Seven batches of ten records in epoch 3, sequences 0 to 69, offsets from 100.
fn table() -> ProducerTable {
    let mut table = ProducerTable::default();
    for n in 0..7 {
        table.replay(&facts(100 + n * 10, 3, i32::try_from(n).unwrap() * 10, 10), NOW);
    }
    table
}

fn duplicate(base: u64) -> SequenceCheck {
    SequenceCheck::Duplicate(CachedBatch {
        base_offset: Offset(base),
        max_timestamp: Timestamp(-1),
        first_sequence: Sequence(i32::try_from(base - 100).unwrap()),
        last_delta: 9,
    })
}

fn out_of_order(expected: i32) -> SequenceCheck {
    SequenceCheck::OutOfOrder { expected: Sequence(expected) }
}

#[rstest]
#[case::next(3, 70, 5, SequenceCheck::Next)]
#[case::trap_37_newest_again(3, 60, 10, duplicate(160))]
#[case::trap_37_oldest_of_five_again(3, 20, 10, duplicate(120))]
#[case::trap_37_older_than_the_cache(3, 10, 10, SequenceCheck::OldDuplicate)]
#[case::trap_37_oldest_of_all(3, 0, 10, SequenceCheck::OldDuplicate)]
#[case::trap_38_gap(3, 71, 1, out_of_order(70))]
#[case::same_start_with_another_length(3, 60, 9, out_of_order(70))]
#[case::overlaps_the_end(3, 65, 10, out_of_order(70))]
#[case::overlaps_the_start_of_the_cache(3, 15, 10, out_of_order(70))]
#[case::trap_40_new_epoch_at_zero(4, 0, 10, SequenceCheck::Next)]
#[case::trap_40_new_epoch_elsewhere(4, 70, 10, out_of_order(0))]
#[case::trap_40_lower_epoch(2, 70, 10, SequenceCheck::Fenced { current: ProducerEpoch(3) })]
#[case::lower_epoch_of_a_known_sequence(2, 60, 10, SequenceCheck::Fenced { current: ProducerEpoch(3) })]
fn a_batch_of_a_known_producer(
    #[case] epoch: i16,
    #[case] sequence: i32,
    #[case] records: u32,
    #[case] expected: SequenceCheck,
) {
    assert_eq!(table().check(&facts(170, epoch, sequence, records)), expected);
}

#[rstest]
#[case::trap_39_anywhere(8, 42)]
#[case::at_zero(8, 0)]
fn an_unknown_producer_may_start_anywhere(#[case] id: u64, #[case] sequence: i32) {
    let batch = BatchFacts { producer: Some(stamp((id, 0, sequence))), ..facts(0, 0, 0, 1) };
    assert_eq!(table().check(&batch), SequenceCheck::Next);
}

#[test]
fn trap_38_sequences_wrap_to_zero() {
    let mut table = ProducerTable::default();
    table.replay(&facts(0, 0, i32::MAX - 1, 2), NOW);
    assert_eq!(table.check(&facts(2, 0, 0, 1)), SequenceCheck::Next);
    assert_eq!(table.check(&facts(2, 0, 1, 1)), out_of_order(0));

    let mut table = ProducerTable::default();
    table.replay(&facts(0, 0, i32::MAX - 1, 5), NOW);
    assert_eq!(table.check(&facts(5, 0, 3, 1)), SequenceCheck::Next);
    assert!(matches!(table.check(&facts(5, 0, i32::MAX - 1, 5)), SequenceCheck::Duplicate(_)));
    for n in 0..5 {
        table.replay(&facts(5 + n, 0, 3 + i32::try_from(n).unwrap(), 1), NOW);
    }
    assert_eq!(table.check(&facts(10, 0, i32::MAX, 2)), SequenceCheck::OldDuplicate);
    assert_eq!(table.check(&facts(10, 0, i32::MAX - 2, 2)), out_of_order(8));
}

/// Clients take an old duplicate for appended: said of a batch that never was, it would be lost.
#[rstest]
#[case::refused_before(0, 10)]
#[case::half_of_it(5, 5)]
#[case::overlaps_the_first(5, 10)]
#[case::just_before(9, 1)]
fn what_came_before_a_start_anywhere_is_no_duplicate(#[case] sequence: i32, #[case] records: u32) {
    let mut table = ProducerTable::default();
    for n in 0..8 {
        assert_eq!(
            table.check(&facts(n, 0, sequence, records)),
            match n {
                0 => SequenceCheck::Next,
                _ => out_of_order(10 + i32::try_from(n).unwrap()),
            }
        );
        table.replay(&facts(n, 0, 10 + i32::try_from(n).unwrap(), 1), NOW);
    }
    assert_eq!(table.check(&facts(8, 0, 10, 1)), SequenceCheck::OldDuplicate);
    // What is restored knows of the last five alone.
    let restored = ProducerTable::from_snapshot(&table.snapshot());
    assert_eq!(restored.check(&facts(8, 0, 10, 1)), out_of_order(18));
    assert!(matches!(restored.check(&facts(8, 0, 13, 1)), SequenceCheck::Duplicate(_)));
}

/// Replayed, a producer that expired in between was there all along.
#[test]
fn nothing_in_a_jump_was_appended() {
    let mut table = table();
    for n in 0..6 {
        table.replay(&facts(200 + n, 3, 500 + i32::try_from(n).unwrap(), 1), NOW);
    }
    assert_eq!(table.check(&facts(206, 3, 490, 10)), out_of_order(506));
    assert_eq!(table.check(&facts(206, 3, 500, 1)), SequenceCheck::OldDuplicate);
}

#[test]
fn a_new_epoch_forgets_the_batches_of_the_old_one() {
    let mut table = table();
    table.replay(&facts(170, 4, 0, 10), NOW);
    assert_eq!(table.check(&facts(180, 4, 60, 10)), out_of_order(10));
    let state = table.snapshot();
    assert_eq!((state[0].epoch, state[0].batches.len()), (ProducerEpoch(4), 1));
}

#[test]
fn idle_producers_are_forgotten_and_then_start_anywhere() {
    let mut table = table();
    table.expire(Timestamp(NOW.0 + 99), 100);
    assert_eq!(table.len(), 1);
    table.expire(Timestamp(NOW.0 + 100), 100);
    assert!(table.is_empty());
    assert_eq!(table.check(&facts(170, 3, 500, 10)), SequenceCheck::Next);
}

#[test]
fn a_control_batch_moves_the_epoch_and_no_sequence() {
    let mut table = table();
    table.replay(&BatchFacts { is_control: true, ..facts(170, 3, -1, 1) }, NOW);
    assert_eq!(table.check(&facts(171, 3, 70, 1)), SequenceCheck::Next);
    table.replay(&BatchFacts { is_control: true, ..facts(171, 4, -1, 1) }, NOW);
    let fenced = SequenceCheck::Fenced { current: ProducerEpoch(4) };
    assert_eq!(table.check(&facts(172, 3, 70, 1)), fenced);
}

/// What idempotence means, over the whole history of one producer.
#[derive(Default)]
struct Model {
    epoch: Option<i16>,
    /// First sequence, records, base offset: all of the present epoch.
    batches: Vec<(i64, i64, u64)>,
}

impl Model {
    fn check(&self, epoch: i16, first: i64, records: i64) -> &'static str {
        let Some(current) = self.epoch else { return "next" };
        if epoch < current {
            return "fenced";
        }
        if epoch > current {
            return if first == 0 { "next" } else { "out of order" };
        }
        let cached = &self.batches[self.batches.len().saturating_sub(5)..];
        if cached.iter().any(|&(start, count, _)| (start, count) == (first, records)) {
            return "duplicate";
        }
        let (start, count, _) = self.batches[self.batches.len() - 1];
        if first == start + count {
            "next"
        } else if first >= self.batches[0].0 && first + records <= cached[0].0 {
            "old duplicate"
        } else {
            "out of order"
        }
    }
}

const fn name(check: SequenceCheck) -> &'static str {
    match check {
        SequenceCheck::Next => "next",
        SequenceCheck::Duplicate(_) => "duplicate",
        SequenceCheck::OldDuplicate => "old duplicate",
        SequenceCheck::OutOfOrder { .. } => "out of order",
        SequenceCheck::Fenced { .. } => "fenced",
    }
}

proptest! {
    /// Also LOG-4: a table replayed from the batches, and one restored from a snapshot taken at any
    /// point and replayed from there, equal the live one.
    #[test]
    fn checks_agree_with_the_whole_history(
        tries in prop::collection::vec((0..3_i16, -40..40_i64, 1..6_u32, any::<bool>()), 1..120),
        cut in 0..120_usize,
    ) {
        let mut model = Model::default();
        let (mut live, mut appended) = (ProducerTable::default(), Vec::new());
        let (mut offset, mut cut_table) = (0, None);
        for (n, &(epoch_up, jump, records, in_order)) in tries.iter().enumerate() {
            if n == cut {
                cut_table = Some((ProducerTable::from_snapshot(&live.snapshot()), appended.len()));
            }
            let epoch = model.epoch.unwrap_or(0) + if epoch_up == 2 && jump > 30 { 1 } else { 0 }
                - i16::from(epoch_up == 1 && jump > 35);
            let expected = model.batches.last().map_or(0, |&(start, count, _)| start + count);
            let same_epoch = model.epoch == Some(epoch);
            let first = if in_order { if same_epoch { expected } else { 0 } } else { (expected + jump).max(0) };
            let batch = facts(offset, epoch, i32::try_from(first).unwrap(), records);
            let check = live.check(&batch);
            prop_assert_eq!(name(check), model.check(epoch, first, i64::from(records)));
            if check == SequenceCheck::Next {
                live.replay(&batch, NOW);
                appended.push(batch);
                if !same_epoch {
                    model.batches.clear();
                }
                model.epoch = Some(epoch);
                model.batches.push((first, i64::from(records), offset));
                offset += u64::from(records);
            }
            if let SequenceCheck::Duplicate(original) = check {
                let found = model.batches.iter().rev().find(|b| b.0 == first).map(|b| b.2);
                prop_assert_eq!(Some(original.base_offset.0), found);
            }
        }
        let mut replayed = ProducerTable::default();
        appended.iter().for_each(|batch| replayed.replay(batch, NOW));
        prop_assert_eq!(replayed.snapshot(), live.snapshot());
        if let Some((mut table, at)) = cut_table {
            appended[at..].iter().for_each(|batch| table.replay(batch, NOW));
            prop_assert_eq!(table.snapshot(), live.snapshot());
        }
    }
}

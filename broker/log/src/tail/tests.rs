use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Op {
    Append { deltas: u32, stamp: i64, len: u32 },
    RemoveFirst(u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let append = (0..5_u32, -1..50_i64, 61..200_u32).prop_map(|(deltas, stamp, len)| Op::Append {
        deltas,
        stamp,
        len,
    });
    prop::collection::vec(
        prop_oneof![20 => append, 1 => any::<u8>().prop_map(Op::RemoveFirst)],
        1..400,
    )
}

/// The tail and a list that holds the same batches.
fn run(ops: &[Op]) -> (Tail, Vec<TailBatch>) {
    let (mut tail, mut model) = (Tail::default(), Vec::<TailBatch>::new());
    let (mut offset, mut lsn) = (Offset(7), 1000);
    for op in ops {
        match *op {
            Op::Append { deltas, stamp, len } => {
                let span =
                    RingSpan { lsn: Lsn(lsn + 32), len, end: Lsn(lsn + 32 + u64::from(len)) };
                tail.stage(offset, deltas, Timestamp(stamp), LeaderEpoch(1));
                tail.place(span);
                model.push(TailBatch {
                    base: offset,
                    lsn: span.lsn,
                    end: span.end,
                    max_timestamp: Timestamp(stamp),
                    len,
                    last_delta: deltas,
                    epoch: LeaderEpoch(1),
                });
                offset = Offset(offset.0 + u64::from(deltas) + 1);
                lsn = span.end.0;
            }
            Op::RemoveFirst(count) => {
                let count = usize::from(count).min(model.len());
                if let Some(last) = count.checked_sub(1).and_then(|last| model.get(last)) {
                    assert_eq!(tail.remove_below(last.next()), count);
                    model.drain(..count);
                }
            }
        }
    }
    (tail, model)
}

proptest! {
    #[test]
    fn lookups_agree_with_a_list(ops in ops(), offset in 0..900_u64, target in -2..55_i64) {
        let (tail, model) = run(&ops);
        prop_assert!(tail.iter().eq(&model));
        prop_assert_eq!(tail.bytes(), model.iter().map(|b| u64::from(b.len)).sum::<u64>());

        let holds = |b: &TailBatch| b.next() > Offset(offset);
        let at = model.iter().position(holds).unwrap_or(model.len());
        prop_assert_eq!(tail.find(Offset(offset)), at);

        let lsn = Lsn(1000 + offset * 20);
        prop_assert_eq!(tail.count_below(lsn), model.iter().filter(|b| b.end <= lsn).count());

        let late = |b: &TailBatch| b.max_timestamp >= Timestamp(target);
        let first_late = (at..model.len()).find(|&i| late(&model[i]));
        prop_assert_eq!(tail.find_timestamp(at, Timestamp(target)), first_late);

        let (from, upto) = (Offset(offset / 2), Offset(offset));
        let seen = model.iter().filter(|b| b.next() > from && b.next() <= upto);
        let newest = seen.map(|b| b.max_timestamp).max();
        prop_assert_eq!(tail.newest_timestamp(from, upto).map(|b| b.max_timestamp), newest);
    }
}

#[test]
fn a_staged_batch_lies_beyond_every_watermark() {
    let mut tail = Tail::default();
    tail.stage(Offset(0), 0, Timestamp(5), LeaderEpoch(0));
    tail.stage(Offset(1), 0, Timestamp(6), LeaderEpoch(0));
    assert_eq!(tail.count_below(Lsn(u64::MAX - 1)), 0);
    tail.place(RingSpan { lsn: Lsn(32), len: 61, end: Lsn(93) });
    assert_eq!(tail.count_below(Lsn(u64::MAX - 1)), 1);
    assert_eq!(tail.bytes(), 61);
}

#[test]
fn memory_of_a_burst_is_given_back() {
    let mut tail = Tail::default();
    for offset in 0..100_000 {
        tail.stage(Offset(offset), 0, Timestamp(-1), LeaderEpoch(0));
        tail.place(RingSpan { lsn: Lsn(offset * 100), len: 61, end: Lsn(offset * 100 + 61) });
    }
    tail.remove_below(Offset(99_990));
    assert!(tail.batches.capacity() < 1000, "{}", tail.batches.capacity());
}

#[test]
#[should_panic(expected = "LOG-3")]
fn offsets_have_no_gaps() {
    let mut tail = Tail::default();
    tail.stage(Offset(0), 4, Timestamp(5), LeaderEpoch(0));
    tail.stage(Offset(6), 0, Timestamp(5), LeaderEpoch(0));
}

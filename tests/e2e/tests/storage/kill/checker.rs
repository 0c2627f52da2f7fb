//! Judges what was read against what was acknowledged. Pure, and tested on histories with faults.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use tests_e2e::payload::Stamp;

/// A batch whose producer got its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Acknowledged {
    pub(super) partition: i32,
    pub(super) first: Stamp,
    pub(super) count: u32,
    /// Not told for a duplicate that the broker knows but does not remember.
    pub(super) base_offset: Option<i64>,
}

/// Checks one partition: `records` as read from its start, `acknowledged` all its batches of
/// producers that have finished, so that nothing else may be there.
pub(super) fn check_partition<'a>(
    records: &[(i64, Stamp)],
    acknowledged: impl Iterator<Item = &'a Acknowledged>,
) -> Result<()> {
    let mut next: BTreeMap<u32, u64> = BTreeMap::new();
    for ((offset, stamp), expected) in records.iter().zip(0..) {
        ensure!(*offset == expected, "offset {offset} follows {}", expected - 1);
        let next = next.entry(stamp.writer).or_default();
        ensure!(
            stamp.number == *next,
            "{} at {offset}: {stamp:?}, expected number {next}",
            if stamp.number < *next { "duplicate or out of order" } else { "lost before" }
        );
        *next += 1;
    }

    let mut sent: BTreeMap<u32, u64> = BTreeMap::new();
    for batch in acknowledged {
        let end = batch.first.number + u64::from(batch.count);
        let sent = sent.entry(batch.first.writer).or_default();
        *sent = end.max(*sent);
        if let Some(base) = batch.base_offset {
            let found = usize::try_from(base).ok().and_then(|base| records.get(base));
            ensure!(
                found == Some(&(base, batch.first)),
                "{:?} was acknowledged at {base}, where {found:?} is",
                batch.first
            );
        }
    }
    ensure!(next == sent, "records by writer: {next:?}, acknowledged: {sent:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two writers, three batches each of two records, in turn.
    fn history() -> (Vec<(i64, Stamp)>, Vec<Acknowledged>) {
        let (mut records, mut acknowledged) = (Vec::new(), Vec::new());
        for number in [0, 2, 4] {
            for writer in [7, 8] {
                let first = Stamp { writer, number };
                let base = i64::try_from(records.len()).unwrap();
                records.push((base, first));
                records.push((base + 1, Stamp { writer, number: number + 1 }));
                let base_offset = Some(base);
                acknowledged.push(Acknowledged { partition: 0, first, count: 2, base_offset });
            }
        }
        (records, acknowledged)
    }

    fn renumbered(records: &mut [(i64, Stamp)]) {
        for (record, offset) in records.iter_mut().zip(0..) {
            record.0 = offset;
        }
    }

    #[test]
    fn a_faultless_history_passes() {
        let (records, mut acknowledged) = history();
        check_partition(&records, acknowledged.iter()).unwrap();
        acknowledged[2].base_offset = None;
        check_partition(&records, acknowledged.iter()).unwrap();
    }

    #[test]
    fn every_fault_anywhere_is_found() {
        let (faultless, acknowledged) = history();
        let fails = |records: &[(i64, Stamp)]| {
            assert!(check_partition(records, acknowledged.iter()).is_err(), "{records:?}");
        };
        for at in 0..faultless.len() {
            let mut lost = faultless.clone();
            lost.remove(at);
            fails(&lost);
            renumbered(&mut lost);
            fails(&lost);

            let mut doubled = faultless.clone();
            doubled.insert(at, doubled[at]);
            fails(&doubled);
            renumbered(&mut doubled);
            fails(&doubled);

            for other in 0..at {
                let mut swapped = faultless.clone();
                swapped.swap(at, other);
                renumbered(&mut swapped);
                fails(&swapped);
            }

            let mut gap = faultless.clone();
            gap[at..].iter_mut().for_each(|(offset, _)| *offset += 1);
            fails(&gap);

            fails(&faultless[..at]);
        }
    }

    #[test]
    fn what_was_never_acknowledged_must_not_be_there() {
        let (records, mut acknowledged) = history();
        acknowledged.pop();
        assert!(check_partition(&records, acknowledged.iter()).is_err());
    }

    #[test]
    fn an_acknowledged_offset_must_be_the_real_one() {
        let (records, mut acknowledged) = history();
        acknowledged[3].base_offset = Some(1);
        assert!(check_partition(&records, acknowledged.iter()).is_err());
    }
}

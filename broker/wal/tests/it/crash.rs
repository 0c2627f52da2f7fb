//! The crash-state enumerator: every prefix of what was done to the disk, with many subsets of what
//! was not yet safe, is recovered and compared with what was appended and acknowledged.
//!
//! Checked for every state (B1.5, B1.6): what is recovered is a run of one boot's sequence from the
//! trim position, it holds everything acknowledged before the crash, and nothing that a recovery
//! cut off comes back. For a part of the states recovery itself is run on a recording disk, and all
//! its crash states are checked the same way.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use broker_env::sim::{Choices, Image, MemDisk, RecordingDisk, Rng};
use broker_wal::{OpenError, inspect};
use parking_lot::Mutex;
use rstest::rstest;

use crate::harness::DIR;
use crate::workload::{Boot, Item, Lie, Scenario, boot, run};

/// Trim position and entries.
type Found = (u64, Vec<Item>);

/// What recovery would find in an image; `None` if the ring was never made, an error if it refuses.
fn recovered(image: &Image) -> Result<Option<Found>, String> {
    let mut items = Vec::new();
    let disk = MemDisk::from_image(image.clone());
    let inspection = inspect(&disk, Path::new(DIR), &mut |entry| {
        items.push(Item::of(&entry));
        Ok(())
    });
    match inspection {
        Ok(inspection) => match inspection.recovery {
            Ok(report) => Ok(Some((report.trim.0, items))),
            Err(refused) => Err(refused.to_string()),
        },
        Err(OpenError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Says what is wrong with a recovered sequence, if anything.
fn violation(found: Option<&Found>, boots: &[&Boot], acked: u64) -> Option<String> {
    let Some((trim, items)) = found else {
        return (acked > 0).then(|| format!("no ring, but {acked} was acknowledged"));
    };
    let mut why = String::new();
    for boot in boots {
        let from = boot.items.partition_point(|item| item.lsn < *trim);
        let expected = &boot.items[from..];
        if !expected.starts_with(items) {
            let at = items.iter().zip(expected).take_while(|(a, b)| a == b).count();
            why += &format!("entry {at} of {} is not the boot's; ", items.len());
            continue;
        }
        match expected.get(items.len()) {
            Some(missing) if missing.end <= acked => {
                why += &format!("entry at {} was acknowledged and is missing; ", missing.lsn);
            }
            _ => return None,
        }
    }
    Some(why)
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    states: u64,
    /// States whose recovery was run on a recording disk.
    nested: u64,
    /// States in which something appended was lost, as it may be.
    torn: u64,
}

/// Checks all crash states of one scenario; an error says what is wrong with which.
fn enumerate(scenario: &Scenario, choices: Choices, nested_every: u64) -> Result<Tally, String> {
    let (log, boots) = run(scenario);
    let mut tally = Tally::default();
    let mut rng = Rng::new(scenario.seed);
    let mut points = log.points();
    while let Some(point) = points.advance() {
        let acked = point.marks().iter().copied().max().unwrap_or(0);
        // The boot that is under way, and the one before, whose end it may not have replaced yet.
        let begun = boots.iter().filter(|boot| boot.begins <= point.issued()).count();
        let candidates: Vec<&Boot> = boots[..begun].iter().rev().take(2).collect();
        let choices = Choices { seed: rng.below(u64::MAX), ..choices };
        for kept in choices.subsets(point.pending()) {
            let image = point.image(&kept);
            let wrong = |why| {
                format!(
                    "{why} ({acked} acknowledged, after {} operations, {kept:?})",
                    point.issued()
                )
            };
            let found = recovered(&image).map_err(wrong)?;
            tally.states += 1;
            violation(found.as_ref(), &candidates, acked).map_or(Ok(()), Err).map_err(wrong)?;
            if let Some((_, items)) = found {
                let last = candidates.first().and_then(|boot| boot.items.last());
                tally.torn += u64::from(items.last() != last);
                if rng.below(nested_every) == 0 {
                    tally.nested += 1;
                    let next = begun as u64 + 1;
                    tally.states += nested(scenario, image, &items, next).map_err(wrong)?;
                }
            }
        }
    }
    Ok(tally)
}

/// Recovers an image on a recording disk and checks every crash state of that recovery: it finds
/// what the first one found, with or without the new START entry.
fn nested(
    scenario: &Scenario,
    image: Image,
    first: &[Item],
    incarnation: u64,
) -> Result<u64, String> {
    let disk = RecordingDisk::over(image);
    let (wal, items) = boot(Arc::new(disk.clone()), disk.log(), scenario.config(), incarnation);
    drop(wal);
    let (start, again) = items.split_last().unwrap();
    if again != first {
        return Err("two recoveries of one state differ".to_owned());
    }
    let mut states = 0;
    let mut points = disk.log().points();
    while let Some(point) = points.advance() {
        let started = !point.marks().is_empty();
        let choices = Choices { exhaustive: 3, random: 4, seed: states };
        for kept in choices.subsets(point.pending()) {
            states += 1;
            let found = recovered(&point.image(&kept))?;
            let (trim, found) = found.ok_or("the ring is gone")?;
            let (found, has_start) = match found.split_last() {
                Some((last, rest)) if last == start => (rest, true),
                _ => (&found[..], false),
            };
            let from = again.partition_point(|item| item.lsn < trim);
            if found != &again[from..] || (started && !has_start) {
                let lsns = |items: &[Item]| items.iter().map(|item| item.lsn).collect::<Vec<_>>();
                return Err(format!(
                    "recovery after {} operations of a recovery, with {kept:?}, found {:?} from \
                     {trim} on (START: {has_start}) and not {:?}",
                    point.issued(),
                    lsns(found),
                    lsns(again),
                ));
            }
        }
    }
    Ok(states)
}

const SCENARIO: Scenario = Scenario {
    seed: 1,
    capacity: 64 << 10,
    group_bytes_max: 8 << 10,
    zero_ahead: 8 << 10,
    cells: true,
    async_percent: 30,
    payload_max: 6000,
    boots: 3,
    appends_per_boot: 13,
    lie: None,
};

/// `RINGTIDE_CRASH_SEEDS` asks for more than CI has time for.
fn scenarios() -> Vec<Scenario> {
    let asked = std::env::var("RINGTIDE_CRASH_SEEDS").ok();
    let seeds: u64 = asked.map_or(1, |seeds| seeds.parse().expect("a number of seeds"));
    let large = Scenario {
        capacity: 1 << 20,
        payload_max: 100 << 10,
        group_bytes_max: 64 << 10,
        zero_ahead: 256 << 10,
        boots: 2,
        appends_per_boot: 14,
        ..SCENARIO
    };
    (1..=seeds)
        .flat_map(|seed| {
            let base = Scenario { seed, ..SCENARIO };
            [
                base,
                Scenario { cells: false, async_percent: 0, ..base },
                Scenario { async_percent: 100, appends_per_boot: 20, ..base },
                Scenario { capacity: 128 << 10, payload_max: 20_000, boots: 4, ..base },
                Scenario { zero_ahead: 4 << 10, boots: 6, appends_per_boot: 6, ..base },
                Scenario { seed, ..large },
            ]
        })
        .collect()
}

#[test]
fn every_crash_state_recovers_to_what_was_acknowledged() {
    let work = scenarios();
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(scenario) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let choices = Choices { exhaustive: 8, random: 4, seed: 0 };
                    let tally = enumerate(scenario, choices, 300)
                        .unwrap_or_else(|why| panic!("{scenario:?}: {why}"));
                    let mut total = total.lock();
                    total.states += tally.states;
                    total.nested += tally.nested;
                    total.torn += tally.torn;
                }
            });
        }
    });
    let total = total.into_inner();
    println!("{total:?}");
    assert!(total.states >= 100_000, "{total:?}");
    assert!(total.nested >= 50, "{total:?}");
    assert!(total.torn >= 10_000, "{total:?}");
}

/// The enumerator sees what it is there for: a disk that says "durable" and is not.
#[rstest]
#[case::durable_writes_are_not(Lie::DurableWrites, 0)]
#[case::syncs_do_nothing(Lie::Syncs, 100)]
fn a_lying_disk_is_found_out(#[case] lie: Lie, #[case] async_percent: u64) {
    let scenario = Scenario { lie: Some(lie), cells: false, async_percent, ..SCENARIO };
    let choices = Choices { exhaustive: 4, random: 8, seed: 0 };
    let why = enumerate(&scenario, choices, u64::MAX).unwrap_err();
    assert!(why.contains("acknowledged"), "{why}");
}

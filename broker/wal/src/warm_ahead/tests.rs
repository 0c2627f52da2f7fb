use rstest::rstest;

use super::*;

const MIB: u64 = 1 << 20;

/// A ring of 64 MiB that starts at `base`, taken as far as its head says: pages taken, in MiB.
fn taken(warm: &mut WarmAhead, head: u64) -> Vec<(u64, u64)> {
    let mut pages = Vec::new();
    while let Some(Range { start, end }) = warm.next(head) {
        assert!(start < end && end - start <= STEP && end <= head + AHEAD);
        warm.taken(end);
        pages.push((start / MIB, end / MIB));
    }
    pages
}

#[rstest]
#[case::a_new_ring(0, 0, &[(0, 2), (2, 4), (4, 6), (6, 8)])]
#[case::the_head_moves(0, 3 * MIB, &[(2, 4), (4, 6), (6, 8), (8, 10)])]
#[case::what_the_head_passed_is_there(0, 20 * MIB + 7, &[(20, 22), (22, 24), (24, 26), (26, 28)])]
#[case::over_the_laps_end(63 * MIB, 63 * MIB, &[(63, 64), (64, 66), (66, 68), (68, 70)])]
fn the_keeper_goes_a_little_ahead(
    #[case] base: u64,
    #[case] head: u64,
    #[case] expected: &[(u64, u64)],
) {
    let mut warm = WarmAhead::new(64 * MIB, base);
    assert_eq!(taken(&mut warm, head), expected);
    assert!(warm.due() > head && warm.due() <= head + AHEAD);
}

#[test]
fn the_first_lap_is_taken_once() {
    let mut warm = WarmAhead::new(64 * MIB, 10 * MIB);
    let mut bytes = 0;
    for head in (10..200).map(|mib| mib * MIB) {
        bytes += taken(&mut warm, head).iter().map(|(from, to)| to - from).sum::<u64>();
    }
    assert_eq!((bytes, warm.due()), (64, u64::MAX));
}

#[test]
fn a_small_ring_is_taken_whole_and_a_refusal_ends_it() {
    let mut warm = WarmAhead::new(64 << 10, 4096);
    assert_eq!(warm.next(4096), Some(4096..64 << 10));
    warm.give_up();
    assert_eq!((warm.next(4096), warm.due()), (None, u64::MAX));
}

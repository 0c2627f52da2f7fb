use super::*;

/// What `count` groups of one partition each want, with their commits at `from`.
fn wanted(count: usize, from: u64) -> Vec<Wanted> {
    let want = |n| Wanted {
        group: format!("group-{n:04}").into(),
        partition: LocalId(0),
        from: Offset(from),
    };
    (0..count).map(want).collect()
}

/// One survey; a record has its offset for a time. How many were looked up.
fn survey(times: &mut LagTimes, wanted: &[Wanted]) -> usize {
    let turns = times.turns(wanted);
    turns.iter().for_each(|of| times.learn(of, Some(Timestamp(of.from.to_wire()))));
    turns.len()
}

#[test]
fn what_is_known_is_not_looked_up_again() {
    let (mut times, wanted) = (LagTimes::default(), wanted(3, 7));
    assert_eq!(survey(&mut times, &wanted), 3);
    assert_eq!(survey(&mut times, &wanted), 0);
    assert!(wanted.iter().all(|of| times.of(of) == Some(Timestamp(7))));
}

#[test]
fn who_wants_nothing_more_is_forgotten() {
    let mut times = LagTimes::default();
    survey(&mut times, &wanted(3, 7));
    survey(&mut times, &wanted(1, 7));
    assert_eq!(times.known.len(), 1);
}

/// Every commit moves between any two surveys, so that none is ever known.
#[test]
fn each_has_its_turn_however_many_move() {
    for count in [201_usize, 399, 1000] {
        let mut times = LagTimes::default();
        let round = count.div_ceil(LOOKUPS_MAX) as u64;
        for at in 0..4 * round {
            let wanted = wanted(count, at);
            assert_eq!(survey(&mut times, &wanted), LOOKUPS_MAX);
            // After the first round each has a time, and none is older than a round.
            let oldest = wanted.iter().map(|of| times.of(of)).min().flatten();
            let expected = at.checked_sub(round - 1).map(u64::cast_signed);
            assert!(expected.is_none_or(|expected| oldest >= Some(Timestamp(expected))), "{count}");
        }
    }
}

#[test]
fn one_that_cannot_be_looked_up_does_not_hold_up_the_others() {
    let (mut times, wanted) = (LagTimes::default(), wanted(300, 1));
    for _ in 0..2 {
        for of in times.turns(&wanted).iter().filter(|of| of.group.ends_with('0')) {
            times.learn(of, Some(Timestamp(1)));
        }
    }
    assert_eq!(wanted.iter().filter(|of| times.of(of).is_some()).count(), 30);
}

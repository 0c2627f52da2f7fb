use super::*;

const SECOND: u64 = 1_000_000_000;

const fn at(seconds: u64) -> Instant {
    Instant(seconds * SECOND)
}

fn running(since: Instant) -> Pace {
    let mut pace = Pace::default();
    pace.run(since);
    pace
}

#[test]
fn a_client_that_announces_and_stalls_has_thirty_seconds() {
    let mut pace = running(at(100));
    pace.moved(1, at(100));
    pace.run(at(129));
    assert!(!pace.is_over(at(129)));
    assert!(pace.is_over(at(130)));
}

#[test]
fn a_steady_client_goes_on_for_as_long_as_it_takes() {
    let mut pace = running(at(0));
    for second in 1..=1600 {
        pace.moved(64 << 10, at(second));
        assert!(!pace.is_over(at(second)), "100 MiB at 64 KiB a second");
    }
    assert!(pace.is_over(at(1631)));
}

#[test]
fn drips_do_not_hold_memory_for_ever() {
    let mut pace = running(at(0));
    let over = (1..).map(|drip| at(drip * 25)).find(|&now| {
        let over = pace.is_over(now);
        pace.moved(100, now);
        over
    });
    assert_eq!(over, Some(at(50)));
}

#[test]
fn bytes_in_advance_buy_no_long_stall() {
    let mut pace = running(at(0));
    pace.moved(99 << 20, at(10));
    assert!(!pace.is_over(at(39)));
    assert!(pace.is_over(at(40)));
}

#[test]
fn trap_109_time_in_which_we_do_not_read_is_not_the_clients() {
    let mut pace = running(at(0));
    pace.pause(at(20));
    pace.pause(at(50));
    assert_eq!(pace.due(), None);
    pace.run(at(1_000));
    assert!(!pace.is_over(at(1_009)));
    assert!(pace.is_over(at(1_010)));
    pace.end();
    pace.pause(at(2_000));
    pace.run(at(3_000));
    assert_eq!(pace.due(), Some(at(3_030)), "the next request has all its time");
}

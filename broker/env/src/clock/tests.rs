use std::sync::Arc;

use super::*;
use crate::threads;

#[test]
fn the_real_clock_goes_forward() {
    let clock = OsClock;
    let before = clock.now();
    clock.sleep(Duration::from_millis(1));
    assert!(clock.now().nanos_since(before) >= 1_000_000);
    assert!(clock.wall().0 > 1_600_000_000_000, "milliseconds since 1970");
}

#[test]
fn a_manual_clock_moves_when_told() {
    let clock = ManualClock::at(Timestamp(1000));
    clock.advance(Duration::from_millis(5));
    assert_eq!(clock.now(), Instant(5_000_000));
    assert_eq!(clock.wall(), Timestamp(1005));
    clock.set_wall(Timestamp(3));
    assert_eq!((clock.now(), clock.wall()), (Instant(5_000_000), Timestamp(3)));
}

#[test]
fn a_sleeper_wakes_when_its_time_has_come() {
    let clock = Arc::new(ManualClock::default());
    let sleeper = threads::spawn("sleeper", {
        let clock = Arc::clone(&clock);
        move || {
            clock.sleep(Duration::from_secs(2));
            clock.now()
        }
    })
    .unwrap();
    while clock.sleepers() == 0 {
        threads::yield_now();
    }
    clock.advance(Duration::from_secs(1));
    assert!(!sleeper.is_finished());
    clock.advance(Duration::from_secs(1));
    assert_eq!(sleeper.join().unwrap(), Instant(2_000_000_000));
}

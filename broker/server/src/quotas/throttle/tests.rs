use super::*;

#[test]
fn the_longer_pause_holds_with_its_cause() {
    let (short, long) =
        (Throttle::new(Limit::RingPressure, 3), Throttle::new(Limit::QuotaProduce, 9));
    assert_eq!(short.or(long), long);
    assert_eq!(long.or(short), long);
    assert_eq!(Throttle::default().or(short), short);
    assert_eq!(Throttle::new(Limit::QuotaFetch, u64::MAX).to_wire(), i32::MAX);
}

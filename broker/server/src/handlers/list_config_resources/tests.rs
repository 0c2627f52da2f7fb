use super::*;
use crate::handlers::fixture::Fixture;

#[test]
fn topics_and_this_broker_are_named() {
    let fixture = Fixture::new().topic("b", 1).topic("a", 1);
    let image = fixture.controller.image();
    assert_eq!(names(TOPIC, &image), ["a", "b"]);
    assert_eq!(names(BROKER, &image), ["1"]);
    assert_eq!(names(BROKER_LOGGER, &image), ["1"]);
    assert_eq!(names(CLIENT_METRICS, &image), [""; 0]);
}

#[test]
fn version_0_knows_subscriptions_alone() {
    assert_eq!(listable(0), [CLIENT_METRICS]);
    assert!(listable(1).contains(&TOPIC) && listable(1).contains(&GROUP));
}

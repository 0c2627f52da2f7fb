use super::*;

#[test]
fn busy_is_what_is_neither_idle_nor_waiting() {
    let before = Ticks::parse("cpu  100 0 100 700 100 0 0 0 50 50\ncpu0 1 2 3\n").expect("ticks");
    assert_eq!(before, Ticks { idle: 800.0, all: 1000.0 });
    let after = Ticks::parse("cpu  120 0 110 750 110 0 0 10 0 0\n").expect("ticks");
    assert_eq!(after.busy_since(before), 0.4);
    assert_eq!(before.busy_since(before), 0.0);
}

#[test]
fn a_strange_text_is_no_reading() {
    assert_eq!(Ticks::parse("intr 1 2 3"), None);
    assert_eq!(Ticks::parse("cpu 1 2"), None);
}

use super::*;

#[test]
fn times_are_found_behind_a_name_with_brackets() {
    let stat = "12 (a b) (c) S 1 2 3 4 5 6 7 8 9 10 250 75 0 0 20 0 9 0 100";
    assert_eq!(ticks(stat), Some((250.0, 75.0)));
    assert_eq!(ticks("12 (short) S 1"), None);
}

#[test]
fn shares_stay_when_scaled() {
    let cpu = Cpu { user: 1.0, system: 3.0 }.scaled_to(2.0);
    assert_eq!(cpu, Cpu { user: 0.5, system: 1.5 });
    assert_eq!(Cpu::default().scaled_to(1.0), Cpu { user: 0.0, system: 1.0 });
}

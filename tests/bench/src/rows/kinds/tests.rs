use super::{ROUNDS, costs, ratios};
use crate::cpu::Cpu;
use crate::report::Figure;

fn window(seconds: f64, batches: f64) -> Figure {
    let cpu = Cpu { user: seconds, system: 0.0 };
    Figure { cpu: Some(cpu), cpu_us: Some(seconds * 1e6 / batches), ..Figure::default() }
}

#[test]
fn a_repeats_cost_weighs_its_windows_by_their_batches() {
    let mut figures = vec![window(1.0, 100_000.0); ROUNDS];
    figures.extend(vec![window(0.5, 100_000.0); ROUNDS - 1]);
    // One that stood still nearly all the time hardly counts.
    figures.push(window(0.01, 1.0));
    let costs = costs(&figures);
    assert_eq!(costs.len(), 2);
    assert!((costs[0] - 10.0).abs() < 1e-6);
    assert!((costs[1] - 5.0).abs() < 0.1);
}

#[test]
fn ratios_are_those_of_the_same_repeat() {
    // The machine is half as fast in the second repeat.
    assert_eq!(ratios(&[11.0, 24.0, 10.0], &[10.0, 20.0, 10.0]), [1.0, 1.1, 1.2]);
    assert!(ratios(&[], &[1.0]).is_empty());
}

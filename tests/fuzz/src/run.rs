//! Runs one target for its budget.
//!
//! Deterministic but for the moment it ends: input number n of a seed is always the same. Settings
//! come from the environment: `RINGTIDE_FUZZ_SECONDS` (default 10), `RINGTIDE_FUZZ_SEED` (a number,
//! or `random`), `RINGTIDE_FUZZ_FROM` (the number of the first input). A failure names the last two.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use broker_env::clock::{Clock, OsClock};
use broker_env::sim::{Rng, peak_of};

use crate::Target;
use crate::mutate::mutate;

const SECONDS: u64 = 10;
const SEED: u64 = 0x7269_6e67_7469_6465;

/// What a run has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub seed: u64,
    pub executions: u64,
    /// Inputs that were taken for good ones.
    pub accepted: u64,
    /// The most bytes an execution held.
    pub peak: u64,
}

/// Feeds `target` with its corpus and then with mutations of it.
///
/// # Panics
/// When a property does not hold or the ceiling is passed.
#[must_use]
pub fn run(target: &Target) -> Report {
    let seed = seed();
    let deadline = OsClock.now().0 + number("RINGTIDE_FUZZ_SECONDS", SECONDS) * 1_000_000_000;
    let corpus = (target.corpus)();
    assert!(!corpus.is_empty(), "{} has no corpus", target.name);
    for input in &corpus {
        // Unmeasured: what threads keep for later is taken here.
        assert!((target.execute)(input), "{}: a well-formed input is refused", target.name);
    }

    let mut report = Report { seed, executions: 0, accepted: 0, peak: 0 };
    let mut number = number("RINGTIDE_FUZZ_FROM", 0);
    while OsClock.now().0 < deadline {
        let input = input(target, &corpus, seed, number);
        let (accepted, held) = execute(target, &input, seed, number);
        report.peak = report.peak.max(held);
        report.accepted += u64::from(accepted);
        report.executions += 1;
        number += 1;
    }
    print_line(&format!("{}: {report:?}", target.name));
    report
}

/// Input `number`: the corpus as it is, then mutations.
fn input(target: &Target, corpus: &[Vec<u8>], seed: u64, number: u64) -> Vec<u8> {
    let count = corpus.len() as u64;
    let pick = |at: u64| corpus.get(protocol_types::to_usize(at % count)).map_or(&[][..], |of| of);
    if number < count {
        return pick(number).to_vec();
    }
    let mut rng = Rng::new(seed.wrapping_add(number.wrapping_mul(0x2545_f491_4f6c_dd1d)));
    let mut input = pick(rng.number()).to_vec();
    let other = pick(rng.number());
    mutate(&mut rng, &mut input, other, target.shape);
    if rng.below(2) == 0 {
        (target.repair)(&mut input);
    }
    input
}

/// Executes once; yields whether the input was accepted and the most bytes that were held.
fn execute(target: &Target, input: &[u8], seed: u64, number: u64) -> (bool, u64) {
    let measured = AssertUnwindSafe(|| peak_of(|| (target.execute)(input)));
    let again = format!(
        "input {number} of {} bytes; again: RINGTIDE_FUZZ_SEED={seed} RINGTIDE_FUZZ_FROM={number} \
         cargo test -p tests-fuzz fuzz_{}",
        input.len(),
        target.name
    );
    let (accepted, held) = match catch_unwind(measured) {
        Ok(measured) => measured,
        Err(panic) => {
            print_line(&again);
            resume_unwind(panic);
        }
    };
    let ceiling = (target.ceiling)(input.len());
    assert!(held <= ceiling, "held {held} bytes, more than {ceiling}; {again}");
    (accepted, held)
}

fn seed() -> u64 {
    match std::env::var("RINGTIDE_FUZZ_SEED") {
        Ok(seed) if seed == "random" => broker_env::random::number().unwrap_or(SEED),
        _ => number("RINGTIDE_FUZZ_SEED", SEED),
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |value| match value.parse() {
        Ok(number) => number,
        Err(_) => panic!("{variable} must be a number, it is {value:?}"),
    })
}

#[expect(clippy::print_stderr, reason = "a run says its seed and how to repeat it")]
fn print_line(line: &str) {
    eprintln!("{line}");
}

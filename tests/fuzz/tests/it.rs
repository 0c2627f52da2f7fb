//! One test per row of the fuzz table.

use tests_fuzz::{Target, run, targets};

/// A run that executes less, or has nearly everything refused, has not tested what it claims to.
fn fuzz(target: &Target, executions_per_second: u64) {
    let report = run(target);
    let seconds = std::env::var("RINGTIDE_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    let least = executions_per_second * seconds.unwrap_or(10);
    assert!(report.executions >= least, "{report:?}, wanted {least} executions");
    assert!(report.accepted * 20 >= report.executions, "{report:?}, too few inputs are good");
}

#[test]
fn what_an_execution_holds_is_measured() {
    let ((), peak) = broker_env::sim::peak_of(|| drop(vec![1_u8; 1 << 20]));
    assert!((1 << 20..1 << 21).contains(&peak), "{peak}");
}

#[test]
fn fuzz_requests() {
    fuzz(&targets::REQUESTS, 1000);
}

#[test]
fn fuzz_records() {
    fuzz(&targets::RECORDS, 200);
}

#[test]
fn fuzz_ring() {
    fuzz(&targets::RING, 10);
}

#[test]
fn fuzz_sealed() {
    fuzz(&targets::SEALED, 50);
}

#[test]
fn fuzz_checkpoint() {
    fuzz(&targets::CHECKPOINT, 50);
}

#[test]
fn fuzz_metadata() {
    fuzz(&targets::METADATA, 50);
}

#[test]
fn fuzz_memberships() {
    fuzz(&targets::MEMBERSHIPS, 50);
}

#[test]
fn fuzz_group_records() {
    fuzz(&targets::GROUP_RECORDS, 50);
}

#[test]
fn fuzz_telemetry() {
    fuzz(&targets::TELEMETRY, 1000);
}

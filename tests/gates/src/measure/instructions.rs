//! Instructions of a piece: this program runs itself under callgrind, which counts while it is in one
//! function and nowhere else, set-up and other threads left out.

use std::env;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::input::Size;
use crate::pieces::{Piece, counted};

/// Steps before any is counted, where the function is ours.
const WARM: u32 = 20;
const STEPS: u32 = 100;

/// The libraries' copies of a few kilobytes are single instructions that callgrind counts by the byte;
/// in vectors they cost what they move.
const TUNABLES: &str = "glibc.cpu.x86_rep_movsb_threshold=1000000000:\
    glibc.cpu.x86_rep_stosb_threshold=1000000000";

/// Whether this processor takes the ways that the budgets were recorded on. Callgrind shows programs one with
/// AVX2 and nothing newer, wherever the real one has that.
pub(crate) fn are_comparable() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Instructions a batch.
pub(crate) fn measure(piece: &Piece, size: Size) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--fair-sched=yes"])
        .arg(format!("--toggle-collect={}", piece.counted_in))
        .arg(env::current_exe()?)
        .args(["--run", piece.name, size.name()])
        .env("GLIBC_TUNABLES", TUNABLES)
        .output()
        .context("start valgrind")?;
    let (said, told) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "valgrind ended with {}:\n{told}", output.status);
    let collected = told.lines().find_map(|line| line.split_once("Collected :"));
    let (_, collected) = collected.with_context(|| format!("valgrind counted nothing:\n{told}"))?;
    let collected: f64 = collected.trim().parse().context("what valgrind collected")?;
    let batches: f64 = said.trim().parse().with_context(|| format!("batches: {said}"))?;
    ensure!(collected > batches, "nothing was counted: {} has no such function", piece.counted_in);
    Ok(collected / batches)
}

/// What runs under callgrind; returns how many batches are counted.
pub(crate) fn run(piece: &Piece, size: Size) -> Result<u32> {
    let mut step = (piece.prepare)(size)?;
    for _ in 0..WARM {
        step.run()?;
        step.settle()?;
    }
    for _ in 0..STEPS {
        counted(&mut *step)?;
        step.settle()?;
    }
    let steps = if piece.counts_itself() { STEPS } else { WARM + STEPS };
    Ok(steps * step.batches())
}

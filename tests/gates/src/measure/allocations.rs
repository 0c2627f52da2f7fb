//! Allocations of a piece: of the thread that runs it, once it has run for a while.

use anyhow::Result;
use broker_env::sim::allocations_of;

use crate::input::Size;
use crate::pieces::{Piece, counted};

/// Steps before any is counted: buffers have grown to what they need.
const WARM: u32 = 100;
const STEPS: u32 = 200;

/// Allocations a batch.
pub(crate) fn measure(piece: &Piece, size: Size) -> Result<f64> {
    let mut step = (piece.prepare)(size)?;
    for _ in 0..WARM {
        counted(&mut *step)?;
        step.settle()?;
    }
    let mut allocations = 0;
    for _ in 0..STEPS {
        let (done, taken) = allocations_of(|| counted(&mut *step));
        done?;
        step.settle()?;
        allocations += taken;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let allocations = allocations as f64;
    Ok(allocations / f64::from(STEPS * step.batches()))
}

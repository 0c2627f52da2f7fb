//! One measured window of closed-loop load: settle, measure, and perhaps count system calls after it.

use std::time::Duration;

use anyhow::Result;

use crate::load::{Load, Window};
use crate::meter::Meter;
use crate::meter::trace::Tracing;
use crate::report::Figure;
use crate::side::Server;

/// Times that a side may be asked to settle.
const SETTLE_MAX: u32 = 40;

/// How a window is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Bytes of a batch.
    pub batch: usize,
    pub seconds: f64,
    /// Whether system calls are counted in an extra second.
    pub traced: bool,
}

/// A quarter of the span to settle, the span itself, the extra second. Nothing is in flight at the end.
pub(crate) fn measure(load: &mut Load, server: &Server, plan: Plan) -> Result<Figure> {
    let Plan { batch, seconds, traced } = plan;
    settle(seconds, |span| load.run(span))?;
    let meter = Meter::start(server)?;
    let window = load.run(Duration::from_secs_f64(seconds))?;
    let usage = meter.stop()?;
    let mut figure =
        Figure::of_window(&window, batch, usage.cpu).used(&usage, window.batches, batch);
    if traced {
        figure = trace(figure, load, server, batch)?;
    }
    load.drain()?;
    Ok(figure)
}

/// A quarter of the span, again while anything is refused or a connection gets no answer: Kafka refuses
/// for a while what is sent to a topic it just created, and at first takes hundreds of milliseconds for
/// what it does not refuse. That is not the load that is measured. Nor is what earlier load, of whichever side,
/// has left to the page cache: it is written before.
pub(crate) fn settle(seconds: f64, mut run: impl FnMut(Duration) -> Result<Window>) -> Result<()> {
    rustix::fs::sync();
    for _ in 0..SETTLE_MAX {
        let window = run(Duration::from_secs_f64(seconds / 4.0))?;
        if window.refused == 0 && window.silent == 0 {
            break;
        }
    }
    Ok(())
}

/// Keeps the load up while system calls are counted.
fn trace(figure: Figure, load: &mut Load, server: &Server, batch: usize) -> Result<Figure> {
    let mut tracing = Tracing::start(server.pid)?;
    let mut sum = Window::default();
    while tracing.is_running()? {
        let part = load.run(Duration::from_millis(100))?;
        sum.batches += part.batches;
        sum.seconds += part.seconds;
    }
    let trace = tracing.finish()?;
    Ok(match trace {
        Some(trace) if sum.batches > 0 => figure.traced(&trace, &sum, batch),
        _ => figure,
    })
}

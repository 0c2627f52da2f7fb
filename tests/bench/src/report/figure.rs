//! What one measurement of one side came to.

use crate::cpu::Cpu;
use crate::load::Window;

/// Figures of one window; what a row does not measure stays empty and shows as a dash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figure {
    /// Megabytes (10⁶) of batches a second.
    pub mb_per_second: Option<f64>,
    /// Batches a second.
    pub per_second: Option<f64>,
    /// How long it took, in seconds.
    pub seconds: Option<f64>,
    /// CPU seconds of the server.
    pub cpu: Option<Cpu>,
    /// CPU seconds of the server per GB (10⁹) of batches.
    pub cpu_per_gb: Option<f64>,
    /// CPU microseconds of the server per batch.
    pub cpu_us: Option<f64>,
    pub p50_us: Option<f64>,
    pub p99_us: Option<f64>,
    pub p999_us: Option<f64>,
    /// Batches refused with an error code.
    pub refused: Option<u64>,
    /// Further values under names with their units, such as `RSS after, MB`; a column each.
    pub extra: Vec<(&'static str, f64)>,
}

impl Figure {
    /// Of a window of batches that are `batch` bytes long.
    pub(crate) fn of_window(window: &Window, batch: usize, cpu: Cpu) -> Self {
        let batches = window.batches as f64;
        let bytes = batches * batch as f64;
        Self {
            per_second: Some(batches / window.seconds),
            cpu_us: Some(cpu.total() * 1e6 / batches),
            p50_us: Some(window.p50_us),
            p99_us: Some(window.p99_us),
            p999_us: Some(window.p999_us),
            refused: Some(window.refused),
            ..Self::of_bytes(bytes, window.seconds, cpu)
        }
    }

    pub(crate) fn of_bytes(bytes: f64, seconds: f64, cpu: Cpu) -> Self {
        Self {
            mb_per_second: Some(bytes / 1e6 / seconds),
            cpu: Some(cpu),
            cpu_per_gb: Some(cpu.total() / (bytes / 1e9)),
            ..Self::default()
        }
    }

    pub(crate) fn of_time(seconds: f64, cpu: Cpu) -> Self {
        Self { seconds: Some(seconds), cpu: Some(cpu), ..Self::default() }
    }

    /// The same with one more value under `name`.
    pub(crate) fn with(mut self, name: &'static str, value: f64) -> Self {
        self.extra.push((name, value));
        self
    }

    /// The further value of that name.
    pub(crate) fn extra(&self, name: &str) -> Option<f64> {
        self.extra.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

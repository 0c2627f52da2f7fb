//! What one measurement of one side came to.

use crate::cpu::Cpu;
use crate::load::Window;
use crate::meter::Usage;
use crate::meter::trace::Trace;

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
    /// How long after they fell due requests were sent: the load generator's own share of the times
    /// above.
    pub late_p99_us: Option<f64>,
    /// Batches refused with an error code.
    pub refused: Option<u64>,
    /// CPU seconds of the load generator per GB.
    pub client_cpu_per_gb: Option<f64>,
    /// Resident memory of the server after the window, and the most so far, in MB (10⁶).
    pub resident_mb: Option<f64>,
    pub peak_resident_mb: Option<f64>,
    /// Of the server's threads, per batch.
    pub switches_per_batch: Option<f64>,
    pub syscalls_per_batch: Option<f64>,
    pub syncs_per_second: Option<f64>,
    /// KB (10³) of batches that one sync made durable.
    pub kb_per_sync: Option<f64>,
    /// Batches of a group of the ring and of one of its syncs, as a broker of ours counts them.
    pub batches_per_group: Option<f64>,
    pub batches_per_own_sync: Option<f64>,
    /// CPU seconds of the server's threads by name, the busiest first.
    pub threads: Vec<(String, f64)>,
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
            late_p99_us: window.late_p99_us,
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

    /// The same with all that the meter read; `batches` of `batch` bytes were served meanwhile.
    pub(crate) fn used(mut self, usage: &Usage, batches: u64, batch: usize) -> Self {
        let gb = batches as f64 * batch as f64 / 1e9;
        if batches > 0 {
            self.client_cpu_per_gb = Some(usage.client.total() / gb);
            self.switches_per_batch = Some(usage.switches / batches as f64);
        }
        self.resident_mb = Some(usage.memory.resident as f64 / 1e6);
        self.peak_resident_mb = Some(usage.memory.peak as f64 / 1e6);
        let per = |count: f64| (count > 0.0).then(|| batches as f64 / count);
        self.batches_per_group = usage.exported.and_then(|ring| per(ring.groups));
        self.batches_per_own_sync = usage.exported.and_then(|ring| per(ring.syncs));
        self.threads.clone_from(&usage.threads);
        self
    }

    /// The same with what was counted in a window of its own, while `window` was measured.
    pub(crate) fn traced(mut self, trace: &Trace, window: &Window, batch: usize) -> Self {
        let per_second = window.batches as f64 / window.seconds;
        self.syscalls_per_batch = Some(trace.syscalls_per_second / per_second);
        self.syncs_per_second = Some(trace.syncs_per_second);
        if trace.syncs_per_second > 0.0 {
            let bytes = per_second * batch as f64;
            self.kb_per_sync = Some(bytes / 1e3 / trace.syncs_per_second);
        }
        self
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

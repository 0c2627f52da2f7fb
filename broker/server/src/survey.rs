//! What is looked at from time to time for `/metrics`: how long requests took, partitions, groups
//! and their lag, clients' software, the disk.
//!
//! Such series come and go with what they are about, or are summed up by their owner, so they are
//! not registered but written anew
//! every few seconds by a task of its own; a scrape takes the last text and touches neither disk nor
//! lock of the data path. Their number is bounded by `metrics.max_series`.

mod clients;
mod durations;
mod groups;
mod partitions;
mod pushed;
mod text;

use std::{path::Path, sync::Arc, time::Duration};

use broker_controller::Controller;
use broker_env::{Clock, disk::Disk};
use broker_partitions::Partitions;
use config::BrokerConfig;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use self::{groups::LagTimes, text::Exposition};
use crate::{broker::Broker, coordinators::Coordinators, server::RunningServer};

/// Free bytes below which a broker is in trouble, and below which it is about to be.
const FREE_BYTES_CRITICAL: u64 = 1 << 30;
const FREE_BYTES_LOW: u64 = 10 << 30;

/// What is surveyed.
#[derive(Clone, Debug)]
pub struct SurveyDeps {
    pub config: Arc<BrokerConfig>,
    pub clock: Arc<dyn Clock>,
    pub disk: Arc<dyn Disk>,
    pub controller: Arc<Controller>,
    pub partitions: Arc<Partitions>,
    pub coordinators: Coordinators,
}

/// A running survey; it ends when this is dropped.
#[derive(Debug)]
pub struct Survey {
    latest: Arc<Mutex<Arc<str>>>,
    task: JoinHandle<()>,
}

impl Survey {
    /// Starts the task on the current runtime.
    #[must_use]
    pub fn start(deps: SurveyDeps, server: &RunningServer) -> Self {
        let latest = Arc::new(Mutex::new(Arc::from("")));
        let (told, broker) = (Arc::clone(&latest), server.broker());
        let task = tokio::spawn(async move {
            let mut lag_times = LagTimes::default();
            loop {
                let text = survey(&deps, &broker, &mut lag_times).await;
                *told.lock() = text;
                let interval = Duration::from_millis(deps.config.metrics.survey_interval_ms);
                tokio::time::sleep(interval).await;
            }
        });
        Self { latest, task }
    }

    /// Where the last text is taken from.
    #[must_use]
    pub fn reader(&self) -> Arc<dyn Fn() -> Arc<str> + Send + Sync> {
        let latest = Arc::clone(&self.latest);
        Arc::new(move || Arc::clone(&latest.lock()))
    }
}

impl Drop for Survey {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn survey(deps: &SurveyDeps, broker: &Broker, lag_times: &mut LagTimes) -> Arc<str> {
    let began = deps.clock.now();
    let mut out = Exposition::new(deps.config.metrics.max_series);
    disk(deps, &mut out).await;
    durations::write(&broker.metrics, &mut out);
    // Before the many: where series are left out, lag is not among them.
    groups::write(deps, lag_times, &mut out).await;
    clients::write(&broker.software, &mut out);
    pushed::write(&broker.telemetry, began, &mut out);
    partitions::write(deps, &mut out);
    out.finish(deps.clock.now().nanos_since(began))
}

/// Asking a file system may block.
async fn disk(deps: &SurveyDeps, out: &mut Exposition) {
    let (disk, dir) = (Arc::clone(&deps.disk), deps.config.data_dir.clone());
    let free = tokio::task::spawn_blocking(move || disk.free_bytes(Path::new(&dir))).await;
    let Ok(Ok(free)) = free else { return };
    out.gauge("ringtide_disk_free_bytes", "Free bytes of the file system of the data directory.");
    out.sample(&[], text::float(free));
    out.gauge(
        "ringtide_disk_space_alert",
        "0 = enough space, 1 = less than 10 GiB free, 2 = less than 1 GiB free.",
    );
    let level = u32::from(free < FREE_BYTES_LOW) + u32::from(free < FREE_BYTES_CRITICAL);
    out.sample(&[], f64::from(level));
}

//! Threads that read files for the shards, which must never block.
//!
//! The queue is bounded by permits: a shard whose read finds it full waits in line without holding
//! anything, and the order of the line is kept.

use std::sync::Arc;

use broker_env::threads;
use crossbeam::channel::{self, Receiver, Sender};
use tokio::sync::{Semaphore, oneshot};

type Job = Box<dyn FnOnce() + Send>;

/// A pool of reading threads. They end when it is dropped.
#[derive(Debug)]
pub(crate) struct Readers {
    jobs: Sender<Job>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// Starts `threads` threads with room for `queue` waiting reads.
    pub(crate) fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (jobs, work) = channel::bounded(queue);
        for number in 0..threads {
            let work: Receiver<Job> = work.clone();
            threads::spawn(&format!("read-{number}"), move || work.iter().for_each(|job| job()))?;
        }
        Ok(Self { jobs, permits: Arc::new(Semaphore::new(queue)) })
    }

    /// Runs `work` on a reading thread. `None` while the broker stops.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move || {
            // The asker may have gone with its connection; then nobody wants the answer.
            let _ = answer.send(work());
            drop(permit);
        });
        self.jobs.try_send(job).ok()?;
        answered.await.ok()
    }
}

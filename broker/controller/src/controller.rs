//! The controller: one command at a time, from decision to publication.
//!
//! A thin shell: it locks, asks the command for records, has the log store them, and hands the
//! next image on. `submit` blocks for one sync of the disk; call it off the data path's threads.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use broker_env::Clock;
use broker_env::disk::Disk;
use broker_metadata::{ApplyError, Delta, Image, ImageCell};
use config::BrokerConfig;
use parking_lot::Mutex;
use protocol_types::{ErrorCode, ProducerId};

use crate::commands::{Command, Decision, Facts};
use crate::error::CommandError;
use crate::log::{LocalMetadataLog, LogError, MetadataLog};
use crate::producer_ids::ProducerIds;
use crate::quota::{PartitionChangeQuota, Unlimited};

#[cfg(test)]
mod tests;

/// Follows changes; called with the next image before it is published. Must not submit commands.
type Listener = Box<dyn Fn(&Arc<Image>, &Delta) + Send + Sync>;
/// Hears once that no command will be stored any more, and why. Must not submit commands.
type OnPoison = Box<dyn FnOnce(&LogError) + Send>;

/// What the controller needs from outside.
pub struct Parts {
    pub config: Arc<BrokerConfig>,
    pub clock: Arc<dyn Clock>,
    /// Draws a new identity; [`Parts::random_id`] outside tests.
    pub new_id: Box<dyn Fn() -> [u8; 16] + Send + Sync>,
}

/// A metadata log that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("metadata log contradicts itself: {0}")]
    Apply(#[from] ApplyError),
}

/// See the module documentation.
pub struct Controller {
    parts: Parts,
    cell: Arc<ImageCell>,
    writer: Mutex<Writer>,
    producer_ids: ProducerIds,
    /// Records replayed at start and stored since.
    end: AtomicU64,
}

struct Writer {
    log: Box<dyn MetadataLog>,
    listeners: Vec<Listener>,
    /// Taken by the error that ends the log.
    on_poison: Option<OnPoison>,
}

impl Parts {
    /// A UUID of version 4 whose text, as Kafka writes it, does not begin with a dash: tools would
    /// take it for an option.
    #[must_use]
    pub fn random_id() -> [u8; 16] {
        const DASH: u8 = 62;
        loop {
            let id = uuid::Uuid::new_v4().into_bytes();
            if id[0] >> 2 != DASH {
                return id;
            }
        }
    }
}

impl Controller {
    /// Opens the local metadata log in `dir` and replays it.
    ///
    /// # Errors
    /// The log cannot be read, is corrupt, of a newer version, or open elsewhere.
    pub fn open(disk: Arc<dyn Disk>, dir: &Path, parts: Parts) -> Result<Self, OpenError> {
        let log = LocalMetadataLog::open(disk, dir)?;
        Self::with_log(Box::new(log), parts)
    }

    /// Replays `log` and continues it.
    ///
    /// # Errors
    /// The log cannot be read or contradicts itself.
    pub fn with_log(mut log: Box<dyn MetadataLog>, parts: Parts) -> Result<Self, OpenError> {
        let mut image = Image::empty(&parts.config)?;
        let mut refused = None;
        let mut end = 0;
        log.replay(&mut |record| {
            end += 1;
            if refused.is_none() {
                refused = image.replay(record).err();
            }
        })?;
        if let Some(error) = refused {
            return Err(error.into());
        }
        Ok(Self {
            parts,
            cell: Arc::new(ImageCell::new(image)),
            writer: Mutex::new(Writer { log, listeners: Vec::new(), on_poison: None }),
            producer_ids: ProducerIds::default(),
            end: AtomicU64::new(end),
        })
    }

    /// The current image.
    #[must_use]
    pub fn image(&self) -> Arc<Image> {
        self.cell.load()
    }

    /// The end of the metadata log: how many records were read at start and stored since. It only
    /// grows while this process lives; with a new start, and a new leader epoch, it may begin lower,
    /// as a snapshot holds fewer records than it replaces.
    #[must_use]
    pub fn log_end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// Where images are published; readers of the data path keep it.
    #[must_use]
    pub fn cell(&self) -> &Arc<ImageCell> {
        &self.cell
    }

    /// Calls `listener` with every later image, in order. Returns the image it follows on.
    pub fn on_change(
        &self,
        listener: impl Fn(&Arc<Image>, &Delta) + Send + Sync + 'static,
    ) -> Arc<Image> {
        let mut writer = self.writer.lock();
        writer.listeners.push(Box::new(listener));
        self.cell.load()
    }

    /// Calls `told` once the log fails for good: commands are refused from then on, while what was
    /// published stays true and is served.
    pub fn on_poison(&self, told: impl FnOnce(&LogError) + Send + 'static) {
        self.writer.lock().on_poison = Some(Box::new(told));
    }

    /// Decides, stores and publishes a command. When it returns, its records are durable, every
    /// listener has seen them, and [`Controller::image`] shows them.
    ///
    /// # Errors
    /// The command is refused, or KAFKA_STORAGE_ERROR: its records could not be stored, and no
    /// later command will be until the broker starts again.
    pub fn submit<C: Command>(&self, command: C) -> Result<C::Outcome, CommandError> {
        self.submit_within(command, &Unlimited)
    }

    /// As [`Controller::submit`], for a client that may change only so many partitions.
    ///
    /// # Errors
    /// As [`Controller::submit`].
    pub fn submit_within<C: Command>(
        &self,
        command: C,
        quota: &dyn PartitionChangeQuota,
    ) -> Result<C::Outcome, CommandError> {
        let mut writer = self.writer.lock();
        let image = self.cell.load();
        let facts = Facts {
            image: &image,
            config: &self.parts.config,
            now: self.parts.clock.wall(),
            new_id: &*self.parts.new_id,
            quota,
        };
        let Decision { records, outcome } = command.decide(&facts)?;
        if records.is_empty() {
            return Ok(outcome);
        }
        // Applied before it is stored: a record that contradicts the image must not reach the log.
        let (next, delta) = image.apply(&records).map_err(|error| {
            tracing::error!(%error, "a command's records contradict the metadata");
            CommandError::new(ErrorCode::UnknownServerError, error.to_string())
        })?;
        if let Err(error) = writer.log.append(&records) {
            tracing::error!(%error, "metadata could not be stored");
            writer.failed(&error);
            return Err(CommandError::new(ErrorCode::KafkaStorageError, error.to_string()));
        }
        let next = Arc::new(next);
        self.end.fetch_add(records.len() as u64, Ordering::Release);
        for listener in &writer.listeners {
            listener(&next, &delta);
        }
        self.cell.store(Arc::clone(&next));
        if writer.log.wants_snapshot()
            && let Err(error) = writer.log.snapshot(&next.to_records())
        {
            tracing::warn!(%error, "metadata snapshot failed; the log keeps growing");
            writer.failed(&error);
        }
        Ok(outcome)
    }

    /// A producer id that no producer has had; takes a new block where the last is used up.
    ///
    /// # Errors
    /// A new block could not be stored.
    pub fn next_producer_id(&self) -> Result<ProducerId, CommandError> {
        self.producer_ids.next(|command| self.submit(command))
    }
}

impl Writer {
    /// Tells of an error after which the log takes nothing more.
    fn failed(&mut self, error: &LogError) {
        if self.log.is_poisoned()
            && let Some(told) = self.on_poison.take()
        {
            told(error);
        }
    }
}

impl fmt::Debug for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller").field("topics", &self.image().topic_count()).finish()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("config", &self.config).finish_non_exhaustive()
    }
}

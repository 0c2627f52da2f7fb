//! Raising log starts: DeleteRecords, and coordinators that gave up what they wrote again.
//!
//! The ring says the new log start before anybody is told of it; segments below it go once the
//! checkpoint says it too. Retention raises log starts by itself, without an entry.

use std::sync::Arc;

use broker_wal::{Class, EntryKind};
use protocol_types::{LocalId, Offset};

use crate::append::Ack;
use crate::partition::{Partition, WrittenLogStart};
use crate::{Partitions, Storage};

/// Why records were not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeleteRefusal {
    #[error("the topic was deleted")]
    Gone,
    #[error("offset {} is above the high watermark {}", asked.0, high_watermark.0)]
    AboveHighWatermark { asked: Offset, high_watermark: Offset },
    #[error("the topic's cleanup.policy does not allow deletion")]
    NotDeletable,
    #[error(transparent)]
    RingFull(#[from] broker_wal::Full),
}

impl Partitions {
    /// Raises the log start to `to`, or to the high watermark if `to` is `None`. The answer is the
    /// new log start; it may be given once the [`Ack`] is reached.
    ///
    /// # Errors
    /// When `to` cannot be the log start.
    pub fn delete_records(
        &self,
        partition: &Arc<Partition>,
        to: Option<Offset>,
    ) -> Result<(Offset, Ack), DeleteRefusal> {
        if !partition.config().cleanup_policy.delete {
            return Err(DeleteRefusal::NotDeletable);
        }
        self.raise_log_start(partition, to)
    }

    /// The same, whatever the topic's policy: coordinators give up what they wrote again.
    pub(crate) fn raise_log_start(
        &self,
        partition: &Arc<Partition>,
        to: Option<Offset>,
    ) -> Result<(Offset, Ack), DeleteRefusal> {
        let mut state = partition.lock();
        if !state.hosted {
            return Err(DeleteRefusal::Gone);
        }
        let high_watermark = state.marks(partition, &self.wal).high_watermark;
        let asked = to.unwrap_or(high_watermark);
        if asked > high_watermark {
            return Err(DeleteRefusal::AboveHighWatermark { asked, high_watermark });
        }
        let log_start = state.log.log_start();
        if asked <= state.written_log_start.offset {
            return Ok((log_start, state.written_log_start.ack()));
        }
        // Retention may have passed it, which no entry tells.
        let asked = asked.max(log_start);
        // Under the partition's lock, so that log starts stand in the ring in the order they rose.
        let ack = self.storage.append_log_start(partition.local_id(), asked)?;
        state.written_log_start = WrittenLogStart { offset: asked, end: ack.lsn };
        let dropped = state.log.set_log_start(asked);
        state.log_start_moved = true;
        // Under the lock: whoever sees the new log start finds what it killed.
        self.sealer.bury(dropped);
        drop(state);
        Ok((asked, ack))
    }
}

impl Storage {
    /// Writes that the log start of `local` is `log_start` from here on.
    fn append_log_start(&self, local: LocalId, log_start: Offset) -> Result<Ack, broker_wal::Full> {
        // Clients ask for it, as often as they like: the room that a start and the sealer need is
        // not theirs to fill.
        let payload = log_start.0.to_le_bytes();
        self.append_control(EntryKind::LogStart, local, Class::Internal, &payload)
    }
}

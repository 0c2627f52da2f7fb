//! What the ring log tells: wakes shards and the sealer, ends the process when the ring dies.

use std::fmt;
use std::io;
use std::sync::Arc;

use broker_wal::WalEvents;
use protocol_types::{LocalId, Lsn};

use crate::coordinator_log::LogMoves;
use crate::hosted::Hosted;
use crate::late::LateMoves;
use crate::signals::ShardSignals;
use crate::workers::SealerWake;

/// What to do when the ring log met its first I/O error: nothing may be acknowledged any more, so
/// the process must end; a restart recovers.
pub type OnPoison = Box<dyn Fn(&io::Error) + Send + Sync>;

/// Carries the ring's events to those they concern. Runs on the writer thread and on appenders'.
pub(crate) struct RingEvents {
    pub hosted: Arc<Hosted>,
    pub signals: Arc<ShardSignals>,
    pub late: Arc<LateMoves>,
    pub log_moves: Arc<LogMoves>,
    pub sealer: Arc<SealerWake>,
    pub on_poison: OnPoison,
}

impl RingEvents {
    pub(crate) fn new(shards: usize, on_poison: OnPoison) -> Self {
        Self {
            hosted: Arc::default(),
            signals: Arc::new(ShardSignals::new(shards)),
            late: Arc::default(),
            log_moves: Arc::default(),
            sealer: Arc::default(),
            on_poison,
        }
    }
}

impl fmt::Debug for RingEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingEvents").finish_non_exhaustive()
    }
}

impl WalEvents for RingEvents {
    fn durable(&self, durable: Lsn, touched: &[LocalId]) {
        self.hosted.visit(touched, |partition| {
            self.signals.partition_moved(partition.take_waiting(), partition.local_id());
        });
        self.signals.watermark_moved();
        self.log_moves.moved();
        self.sealer.reached(durable);
    }

    fn published_late(&self, published: Lsn) {
        self.late.release(published, &self.signals);
        self.signals.watermark_moved();
    }

    fn trimmed(&self, _trim: Lsn) {
        self.log_moves.moved();
    }

    fn poisoned(&self, error: &io::Error) {
        (self.on_poison)(error);
    }
}

//! A coordinator's log in memory, for the tests of machines and of the runtime. It syncs when it
//! is told to, refuses when it is told to, and can be copied as a crash would leave it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;
use protocol_types::{Lsn, Offset, Timestamp};
use tokio::sync::Notify;

use crate::log::{AppendRefusal, CoordinatorLog, LoadRefusal, Loaded, Moved, Placed};
use crate::machine::{Record, ReplayError};
use crate::routing::ShardIndex;

/// See the module documentation.
#[derive(Debug)]
pub struct MemoryLog {
    state: Mutex<State>,
    syncs_at_once: AtomicBool,
    moved: Arc<Notify>,
    record_bytes_max: u64,
    loads_refused: AtomicU32,
}

#[derive(Clone, Debug)]
struct State {
    shards: Vec<Shard>,
    head: Lsn,
    durable: Lsn,
    has_room: bool,
}

#[derive(Clone, Debug, Default)]
struct Shard {
    entries: Vec<Entry>,
    next: Offset,
}

/// What happened to a shard, in order.
#[derive(Clone, Debug)]
enum Entry {
    Batch { base: Offset, end: Lsn, appended: Timestamp, records: Vec<Record> },
    LogStart { to: Offset, end: Lsn },
}

impl Entry {
    const fn end(&self) -> Lsn {
        match self {
            Self::Batch { end, .. } | Self::LogStart { end, .. } => *end,
        }
    }
}

impl Shard {
    fn log_start(&self) -> Offset {
        let starts = self.entries.iter().filter_map(|entry| match entry {
            Entry::LogStart { to, .. } => Some(*to),
            Entry::Batch { .. } => None,
        });
        starts.max().unwrap_or_default()
    }

    /// Bytes a load would read.
    fn bytes(&self) -> u64 {
        let start = self.log_start();
        let live = self.entries.iter().filter_map(|entry| match entry {
            Entry::Batch { base, records, .. } if *base >= start => Some(records),
            Entry::Batch { .. } | Entry::LogStart { .. } => None,
        });
        live.flatten().map(Record::size).sum()
    }
}

impl MemoryLog {
    /// An empty log that makes everything durable at once.
    #[must_use]
    pub fn new(shards: u32) -> Self {
        let shards = (0..shards).map(|_| Shard::default()).collect();
        Self::of(State { shards, head: Lsn(0), durable: Lsn(0), has_room: true })
    }

    fn of(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            syncs_at_once: AtomicBool::new(true),
            moved: Arc::default(),
            record_bytes_max: 2 << 20,
            loads_refused: AtomicU32::new(0),
        }
    }

    /// From here on, what is appended becomes durable by [`MemoryLog::sync`] alone.
    #[must_use]
    pub fn syncing_when_told(self) -> Self {
        self.syncs_at_once.store(false, Ordering::SeqCst);
        self
    }

    /// The next `loads` loads find that the log cannot be read.
    #[must_use]
    pub fn refusing_loads(self, loads: u32) -> Self {
        self.loads_refused.store(loads, Ordering::SeqCst);
        self
    }

    /// The same, where no record above `bytes` fits any more, as in a ring that was made smaller.
    #[must_use]
    pub fn taking_records_of(self, bytes: u64) -> Self {
        Self { record_bytes_max: bytes, ..self }
    }

    /// Makes everything durable.
    pub fn sync(&self) {
        let mut state = self.state.lock();
        state.durable = state.head;
        drop(state);
        self.moved.notify_one();
    }

    /// Whether appends find room.
    pub fn set_room(&self, has_room: bool) {
        self.state.lock().has_room = has_room;
        self.moved.notify_one();
    }

    /// End of what was appended.
    #[must_use]
    pub fn head(&self) -> Lsn {
        self.state.lock().head
    }

    /// Bytes of records that a load of the shard would read.
    #[must_use]
    pub fn bytes(&self, shard: ShardIndex) -> u64 {
        self.state.lock().shards.get(shard.0 as usize).map_or(0, Shard::bytes)
    }

    /// Positions at which a crash leaves something else than at the one before.
    #[must_use]
    pub fn crash_points(&self) -> Vec<Lsn> {
        let state = self.state.lock();
        let ends = state.shards.iter().flat_map(|shard| shard.entries.iter().map(Entry::end));
        let mut points: Vec<_> = ends.collect();
        points.push(Lsn(0));
        points.sort_unstable();
        points
    }

    /// The log as a crash leaves it that keeps what ends at or below `at`.
    #[must_use]
    pub fn crashed(&self, at: Lsn) -> Self {
        let mut state = self.state.lock().clone();
        for shard in &mut state.shards {
            shard.entries.retain(|entry| entry.end() <= at);
            let batches = shard.entries.iter().rev();
            shard.next = batches
                .map(|entry| match entry {
                    Entry::Batch { base, records, .. } => after(*base, records.len()),
                    Entry::LogStart { to, .. } => *to,
                })
                .max()
                .unwrap_or_default();
        }
        (state.head, state.durable) = (at, at);
        Self::of(state)
    }
}

const fn after(base: Offset, records: usize) -> Offset {
    Offset(base.0 + records as u64)
}

impl CoordinatorLog for MemoryLog {
    fn shards(&self) -> u32 {
        u32::try_from(self.state.lock().shards.len()).unwrap_or(u32::MAX)
    }

    fn record_bytes_max(&self) -> u64 {
        self.record_bytes_max
    }

    fn append(
        &self,
        shard: ShardIndex,
        now: Timestamp,
        records: &[Record],
    ) -> Result<Placed, AppendRefusal> {
        assert!(!records.is_empty(), "an empty batch");
        if records.iter().any(|record| record.size() > self.record_bytes_max) {
            return Err(AppendRefusal::TooLarge);
        }
        let mut state = self.state.lock();
        if !state.has_room {
            return Err(AppendRefusal::NoRoom);
        }
        state.head = Lsn(state.head.0 + records.iter().map(Record::size).sum::<u64>());
        let end = state.head;
        if self.syncs_at_once.load(Ordering::SeqCst) {
            state.durable = end;
        }
        let Some(shard) = state.shards.get_mut(shard.0 as usize) else {
            return Err(AppendRefusal::Gone);
        };
        let base = shard.next;
        shard.next = after(base, records.len());
        let records = records.to_vec();
        shard.entries.push(Entry::Batch { base, end, appended: now, records });
        drop(state);
        self.moved.notify_one();
        Ok(Placed { base, end })
    }

    fn durable(&self) -> Lsn {
        self.state.lock().durable
    }

    fn moved(&self) -> Moved<'_> {
        Box::pin(self.moved.notified())
    }

    fn load(
        &self,
        shard: ShardIndex,
        visit: &mut dyn FnMut(&Record, Timestamp) -> Result<(), ReplayError>,
    ) -> Result<Loaded, LoadRefusal> {
        let refused = self
            .loads_refused
            .try_update(Ordering::SeqCst, Ordering::SeqCst, |loads| loads.checked_sub(1));
        if refused.is_ok() {
            return Err(LoadRefusal::Read("as the test wants it".to_owned()));
        }
        let shard = self.state.lock().shards.get(shard.0 as usize).cloned();
        let shard = shard.ok_or(LoadRefusal::Gone)?;
        let start = shard.log_start();
        let loaded = Loaded { bytes: shard.bytes(), end: shard.next };
        for entry in shard.entries {
            let Entry::Batch { base, appended, records, .. } = entry else { continue };
            for (at, record) in records.iter().enumerate() {
                let offset = after(base, at);
                if offset >= start {
                    visit(record, appended)
                        .map_err(|error| LoadRefusal::Record { offset, error })?;
                }
            }
        }
        Ok(loaded)
    }

    fn raise_log_start(&self, shard: ShardIndex, to: Offset) {
        let mut state = self.state.lock();
        state.head = Lsn(state.head.0 + 1);
        let end = state.head;
        if self.syncs_at_once.load(Ordering::SeqCst) {
            state.durable = end;
        }
        if let Some(shard) = state.shards.get_mut(shard.0 as usize) {
            shard.entries.push(Entry::LogStart { to, end });
        }
    }
}

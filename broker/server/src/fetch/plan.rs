//! What a fetch can be answered with now.

use std::sync::Arc;

use broker_partitions::{Marks, Partition, ReadLimits, ReadRefusal, ReadRequest};
use config::CompressionType;
use protocol_types::{Codec, ErrorCode, IsolationLevel, LeaderEpoch, Lsn, Offset};
use protocol_wire::fetch_response::DivergingEpoch;

use super::{
    FetchContext, FetchWork, Fetches, Scope,
    answer_size::{Memory, enough},
    decode::Wanted,
    look::Found,
    partitions,
    session::{PartitionKey, TopicKey},
};
use crate::{error_code, security::Resource};

/// How often a session looks at partitions that did not move: for deletions and log starts.
const LOOK_AT_ALL_NANOS: u64 = 500_000_000;

/// First version whose clients know zstd (KIP-110).
const FIRST_ZSTD: i16 = 10;

/// What a fetch or a session keeps for one partition.
#[derive(Debug)]
pub(crate) struct Entry {
    wanted: Wanted,
    /// Found once; a deleted topic's is found out by asking it.
    partition: Option<Arc<Partition>>,
    /// High watermark and log start the client was told.
    told: Option<(Offset, Offset)>,
    /// Nothing to tell, and the shard will say when that changes.
    quiet: bool,
}

impl Entry {
    pub(super) const fn new(wanted: Wanted) -> Self {
        Self { wanted, partition: None, told: None, quiet: false }
    }

    pub(super) fn change(&mut self, wanted: Wanted) {
        self.wanted = wanted;
        self.quiet = false;
    }

    /// The partition moved.
    pub(super) const fn moved(&mut self) {
        self.quiet = false;
    }

    /// The client was told what was found.
    pub(super) fn tell(&mut self, found: &Found) {
        // After an error the marks are told again, as Kafka does.
        self.told = found.marks.map(told);
    }
}

/// What a client learns of `marks`.
const fn told(marks: Marks) -> (Offset, Offset) {
    (marks.high_watermark, marks.log_start)
}

impl Fetches {
    /// Looks what `work` can be answered with; `false` if it is to wait. `over` means it may not.
    pub(super) fn look(
        &mut self,
        work: &mut FetchWork,
        context: &FetchContext<'_>,
        over: bool,
    ) -> bool {
        loop {
            let broker_max = u64::from(context.shard.broker.config.fetch_max_bytes);
            // Whatever becomes readable after the look lies behind it.
            let durable = context.shard.broker.partitions.durable();
            let most = self.answer_size.most(work.bytes_min, Memory::of(context)).min(broker_max);
            self.look_once(work, context, over, most);
            let lacks = enough(work.bytes_min, most).saturating_sub(work.look.bytes);
            let nothing = partitions(&mut self.session, work.scope, &mut work.own).is_empty();
            if lacks == 0 || work.look.urgent || over || nothing {
                return true;
            }
            // What moved between the look and this call tells nobody: look again.
            if !self.await_all(work, context) {
                // The end of a transaction makes readable what came in long before.
                work.patience = if work.look.settled { Lsn(durable.0 + lacks) } else { Lsn(0) };
                return false;
            }
        }
    }

    fn look_once(
        &mut self,
        work: &mut FetchWork,
        context: &FetchContext<'_>,
        over: bool,
        most: u64,
    ) {
        let since = context.now.nanos_since(self.looked_at_all);
        // Of those that were passed over nobody knows which they are.
        let passed_over = context.signal.take_passed_over();
        let at_all = over || passed_over || since >= LOOK_AT_ALL_NANOS;
        if at_all {
            self.looked_at_all = context.now;
        }
        let reader = Reader {
            context,
            version: work.version,
            isolation: work.isolation,
            operation: work.operation,
        };
        let mut left = work.bytes_max.min(most);
        let news_only = matches!(work.scope, Scope::Session { news_only: true, .. });

        context.shard.topics.borrow_mut().refresh(&context.shard.broker);
        let look = &mut work.look;
        look.clear();
        let mut topic = None;
        let set = partitions(&mut self.session, work.scope, &mut work.own);
        for (place, key, entry) in set.iter_mut().filter(|(_, _, entry)| at_all || !entry.quiet) {
            let first = look.bytes == 0;
            let found = look.next();
            reader.read((place, key), entry, found, left, first);
            let bytes = found.bytes();
            let urgent = found.code != ErrorCode::None || found.diverging.is_some();
            let news = bytes != 0 || urgent || found.marks.map(told) != entry.told;
            let settled = found.is_settled(work.isolation);
            if news || !news_only {
                found.new_topic = topic.replace(&key.topic) != Some(&key.topic);
                look.keep();
            } else if settled {
                // What there was no room for this time is for the next, whether it moves or not. What is
                // not settled is looked at each time, or its fetch would sleep through its end.
                let read = entry.wanted.offset.is_none_or(|offset| offset >= found.limits.upto);
                let local = entry.partition.as_ref().map(|partition| partition.local_id());
                if let Some(local) = local.filter(|local| read && self.awaited.contains(local)) {
                    entry.quiet = true;
                    self.quiet.insert(local, place);
                }
            }
            look.urgent |= urgent;
            look.settled &= settled;
            look.bytes += bytes;
            left = left.saturating_sub(bytes);
        }
    }

    /// Has the shard tell this connection when any of the partitions moves; whether one was new.
    fn await_all(&mut self, work: &mut FetchWork, context: &FetchContext<'_>) -> bool {
        let mut any = false;
        for (_, _, entry) in partitions(&mut self.session, work.scope, &mut work.own).iter_mut() {
            let Some(partition) = &entry.partition else { continue };
            if self.awaited.insert(partition.local_id()) {
                partition.await_move(context.shard.id);
                context.shard.await_partition(partition.local_id(), context.signal);
                any = true;
            }
        }
        any
    }
}

/// Reads partitions for one fetch.
struct Reader<'c> {
    context: &'c FetchContext<'c>,
    version: i16,
    isolation: IsolationLevel,
    operation: Option<crate::security::Operation>,
}

impl Reader<'_> {
    /// Reads the partition with this place and key to `found`, whatever that was.
    fn read(
        &self,
        (place, key): (u64, &PartitionKey),
        entry: &mut Entry,
        found: &mut Found,
        left: u64,
        at_least_one: bool,
    ) {
        (found.place, found.index) = (place, key.index);
        (found.code, found.marks, found.diverging) = (ErrorCode::None, None, None);
        found.partition = None;
        let bytes_max = entry.wanted.bytes_max.min(left);
        found.limits = ReadLimits { bytes_max, upto: Offset(0), at_least_one };
        if let Err(code) = self.plan(key, entry, found) {
            entry.partition = None;
            found.plan.clear();
            (found.code, found.marks, found.diverging) = (code, None, None);
        }
    }

    fn plan(
        &self,
        key: &PartitionKey,
        entry: &mut Entry,
        found: &mut Found,
    ) -> Result<(), ErrorCode> {
        let partitions = &self.context.shard.broker.partitions;
        let offset = entry.wanted.offset.ok_or(ErrorCode::OffsetOutOfRange)?;
        let request = ReadRequest {
            offset,
            bytes_max: found.limits.bytes_max,
            at_least_one: found.limits.at_least_one,
            isolation: self.isolation,
            leader_epoch: entry.wanted.leader_epoch,
        };
        let mut again = false;
        loop {
            let partition = match &entry.partition {
                Some(partition) => partition,
                None => entry.partition.insert(self.resolve(key)?),
            };
            // The topic's setting decides, as in Kafka; its batches may be compressed otherwise.
            if self.version < FIRST_ZSTD
                && partition.config().compression_type == CompressionType::Codec(Codec::Zstd)
            {
                return Err(ErrorCode::UnsupportedCompressionType);
            }
            if let Some(epoch) = entry.wanted.last_epoch {
                found.diverging = self.diverging(partition, &request, epoch)?;
            }
            match partitions.plan_read(partition, &request, &mut found.plan) {
                Ok(marks) => {
                    found.marks = Some(marks);
                    found.partition = Some(Arc::clone(partition));
                    found.limits.upto = marks.readable_end(self.isolation);
                    if found.diverging.is_some() {
                        found.plan.clear();
                    }
                    return Ok(());
                }
                // The topic of a remembered partition was deleted; there may be a new one.
                Err(ReadRefusal::Gone) if !again => {
                    entry.partition = None;
                    self.context.shard.topics.borrow_mut().forget();
                    again = true;
                }
                // A reader beyond our end whose history is another is told where they part, as in Kafka.
                Err(ReadRefusal::OutOfRange(_, marks))
                    if found.diverging.is_some() && offset >= marks.log_start =>
                {
                    found.plan.clear();
                    (found.marks, found.partition) = (Some(marks), Some(Arc::clone(partition)));
                    return Ok(());
                }
                Err(refusal) => return Err(error_code::read_refusal(&refusal)),
            }
        }
    }

    fn resolve(&self, key: &PartitionKey) -> Result<Arc<Partition>, ErrorCode> {
        let partitions = &self.context.shard.broker.partitions;
        let mut topics = self.context.shard.topics.borrow_mut();
        let (topic, unknown) = match &key.topic {
            TopicKey::Name(name) => {
                (topics.topic(partitions, name), ErrorCode::UnknownTopicOrPartition)
            }
            TopicKey::Id(id) => (topics.topic_by_id(partitions, *id), ErrorCode::UnknownTopicId),
        };
        let topic = topic.ok_or(unknown)?;
        let resource = Resource::Topic(&topic.name);
        if self.operation.is_some_and(|operation| !self.context.session.allows(operation, resource))
        {
            return Err(ErrorCode::TopicAuthorizationFailed);
        }
        topic.partition(key.index).cloned().ok_or(ErrorCode::UnknownTopicOrPartition)
    }

    /// Where the reader's history and ours part, if they do (KIP-595).
    fn diverging(
        &self,
        partition: &Partition,
        request: &ReadRequest,
        last: LeaderEpoch,
    ) -> Result<Option<DivergingEpoch>, ErrorCode> {
        let partitions = &self.context.shard.broker.partitions;
        let end = partitions
            .end_offset_for(partition, request.leader_epoch, last)
            .map_err(|refusal| error_code::read_refusal(&refusal))?;
        let Some((epoch, end)) = end else { return Err(ErrorCode::OffsetOutOfRange) };
        let parted = epoch < last || end < request.offset;
        Ok(parted.then(|| DivergingEpoch { epoch: epoch.to_wire(), end_offset: end.to_wire() }))
    }
}

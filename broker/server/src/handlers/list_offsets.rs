//! ListOffsets: offsets by name (earliest, latest, ...) or by time.

use std::sync::Arc;

use broker_env::HashSet;
use broker_partitions::{FoundRecord, Partition, Partitions};
use protocol_types::{ErrorCode, IsolationLevel, LeaderEpoch, Offset, PartitionIndex, Timestamp};
use protocol_wire::messages::{
    ListOffsetsRequest, ListOffsetsResponse,
    list_offsets_request::ListOffsetsPartition,
    list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse},
};

use crate::{
    error_code,
    request::RequestContext,
    security::{Authorized, Resource},
    throttled_log::LogThrottle,
};

/// First version whose answer names a leader epoch.
const FIRST_LEADER_EPOCH: i16 = 4;

/// What is asked for in place of a time, and the first version that may ask (trap 59).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Latest,
    Earliest,
    MaxTimestamp,
    /// The first offset on this broker's own disks.
    EarliestLocal,
    /// The last offset in the tier, where there is one.
    LatestTiered,
    /// The first offset that the tier has not got yet, where there is a tier.
    EarliestPendingUpload,
    At(Timestamp),
}

impl Target {
    /// `None` for a special number that the version does not know.
    const fn of(timestamp: i64, version: i16) -> Option<Self> {
        match timestamp {
            -1 => Some(Self::Latest),
            -2 => Some(Self::Earliest),
            -3 if version >= 7 => Some(Self::MaxTimestamp),
            -4 if version >= 8 => Some(Self::EarliestLocal),
            -5 if version >= 9 => Some(Self::LatestTiered),
            -6 if version >= 11 => Some(Self::EarliestPendingUpload),
            time if time >= 0 => Some(Self::At(Timestamp(time))),
            _ => None,
        }
    }
}

/// An offset that was found, with the timestamp and epoch that go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Listed {
    offset: Offset,
    timestamp: Option<Timestamp>,
    epoch: Option<LeaderEpoch>,
}

impl From<FoundRecord> for Listed {
    fn from(found: FoundRecord) -> Self {
        let FoundRecord { offset, timestamp, leader_epoch: epoch } = found;
        Self { offset, timestamp: Some(timestamp), epoch }
    }
}

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<ListOffsetsRequest>,
) -> ListOffsetsResponse {
    let isolation = match request.request().isolation_level {
        0 => IsolationLevel::ReadUncommitted,
        _ => IsolationLevel::ReadCommitted,
    };
    let repeated = repeated(request.request());
    let mut topics = Vec::with_capacity(request.request().topics.len());
    for topic in &request.request().topics {
        let allowed = request.allows(Resource::Topic(&topic.name));
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for asked in &topic.partitions {
            let listed = if !allowed {
                Err(ErrorCode::TopicAuthorizationFailed)
            } else if repeated.contains(&(&**topic.name, asked.partition_index)) {
                Err(ErrorCode::InvalidRequest)
            } else {
                list(&context, &topic.name, asked, isolation).await
            };
            partitions.push(answer(&context, asked.partition_index, listed));
        }
        let answer = ListOffsetsTopicResponse::default().with_name(topic.name.clone());
        topics.push(answer.with_partitions(partitions));
    }
    ListOffsetsResponse::default().with_topics(topics)
}

/// Partitions named more than once. As in Kafka they are refused: each costs a lookup of its own.
fn repeated(request: &ListOffsetsRequest) -> HashSet<(&str, i32)> {
    let topics = request.topics.iter();
    let named = topics.flat_map(|topic| {
        topic.partitions.iter().map(|asked| (&**topic.name, asked.partition_index))
    });
    let mut seen = HashSet::default();
    named.filter(|partition| !seen.insert(*partition)).collect()
}

fn answer(
    context: &RequestContext,
    index: i32,
    listed: Result<Option<Listed>, ErrorCode>,
) -> ListOffsetsPartitionResponse {
    // The defaults say "no such record": −1 for offset, timestamp and epoch (trap 60).
    let answer = ListOffsetsPartitionResponse::default().with_partition_index(index);
    match listed {
        Err(code) => answer.with_error_code(context.error(code)),
        Ok(None) => answer,
        Ok(Some(listed)) => {
            let answer = answer
                .with_offset(listed.offset.to_wire())
                .with_timestamp(listed.timestamp.map_or(-1, |time| time.0));
            match listed.epoch.filter(|_| context.version >= FIRST_LEADER_EPOCH) {
                Some(epoch) => answer.with_leader_epoch(epoch.to_wire()),
                None => answer,
            }
        }
    }
}

async fn list(
    context: &RequestContext,
    topic: &str,
    asked: &ListOffsetsPartition,
    isolation: IsolationLevel,
) -> Result<Option<Listed>, ErrorCode> {
    let partitions = &context.broker.partitions;
    let partition = find(partitions, topic, asked.partition_index)?;
    let epoch = LeaderEpoch::from_wire(asked.current_leader_epoch);
    partitions
        .check_epoch(&partition, epoch)
        .map_err(|refusal| error_code::read_refusal(&refusal))?;
    let target =
        Target::of(asked.timestamp, context.version).ok_or(ErrorCode::UnsupportedVersion)?;

    let marks = partitions.marks(&partition);
    let at =
        |offset| Some(Listed { offset, timestamp: None, epoch: Some(partition.leader_epoch()) });
    let found = match target {
        Target::Latest => return Ok(at(marks.readable_end(isolation))),
        // Nothing is tiered yet: all there is, is local.
        Target::Earliest | Target::EarliestLocal => {
            let leader =
                || (marks.log_start == marks.high_watermark).then(|| partition.leader_epoch());
            let epoch = partitions.epoch_of(&partition, marks.log_start).or_else(leader);
            return Ok(Some(Listed { offset: marks.log_start, timestamp: None, epoch }));
        }
        Target::LatestTiered | Target::EarliestPendingUpload => return Ok(None),
        Target::MaxTimestamp => partitions.find_max_timestamp(&partition, isolation).await,
        Target::At(time) => partitions.find_timestamp(&partition, time, isolation).await,
    };
    found.map(|found| found.map(Listed::from)).map_err(|error| {
        static FAILED: LogThrottle = LogThrottle::new();
        FAILED.warn(&format_args!("a lookup by time could not read its records: {error}"));
        error_code::load_error(&error)
    })
}

fn find(partitions: &Partitions, topic: &str, index: i32) -> Result<Arc<Partition>, ErrorCode> {
    let index = u32::try_from(index).ok().map(PartitionIndex);
    let topic = partitions.topic(topic);
    let found = topic.zip(index).and_then(|(topic, index)| topic.partition(index));
    found.ok_or(ErrorCode::UnknownTopicOrPartition)
}

#[cfg(test)]
mod tests {
    use protocol_wire::messages::list_offsets_request::ListOffsetsTopic;
    use rstest::rstest;

    use super::*;
    use crate::handlers::wire_names::topic_name;

    #[test]
    fn partitions_named_twice_are_found_whatever_stands_between() {
        let topic = |name: &str, partitions: &[i32]| {
            let asked = |index: &i32| ListOffsetsPartition::default().with_partition_index(*index);
            ListOffsetsTopic::default()
                .with_name(topic_name(name))
                .with_partitions(partitions.iter().map(asked).collect())
        };
        let topics = vec![topic("a", &[0, 1, 1]), topic("b", &[0]), topic("a", &[2, 0])];
        let request = ListOffsetsRequest::default().with_topics(topics);
        let mut found: Vec<_> = repeated(&request).into_iter().collect();
        found.sort_unstable();
        assert_eq!(found, [("a", 0), ("a", 1)]);
    }

    #[rstest]
    #[case(-1, 1, Some(Target::Latest))]
    #[case(-2, 1, Some(Target::Earliest))]
    #[case(-3, 6, None)]
    #[case(-3, 7, Some(Target::MaxTimestamp))]
    #[case(-4, 7, None)]
    #[case(-4, 8, Some(Target::EarliestLocal))]
    #[case(-5, 8, None)]
    #[case(-5, 9, Some(Target::LatestTiered))]
    #[case(-6, 10, None)]
    #[case(-6, 11, Some(Target::EarliestPendingUpload))]
    #[case(-7, 11, None)]
    #[case(i64::MIN, 10, None)]
    #[case(0, 1, Some(Target::At(Timestamp(0))))]
    #[case(1_700_000_000_000, 1, Some(Target::At(Timestamp(1_700_000_000_000))))]
    fn trap_59_special_timestamps_by_version(
        #[case] timestamp: i64,
        #[case] version: i16,
        #[case] target: Option<Target>,
    ) {
        assert_eq!(Target::of(timestamp, version), target);
    }
}

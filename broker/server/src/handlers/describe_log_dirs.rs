//! DescribeLogDirs: the data directory, its room, and the size of each partition in it.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use broker_metadata::Image;
use broker_partitions::{Partitions, Space};
use protocol_types::{ErrorCode, PartitionIndex};
use protocol_wire::{
    describe_log_dirs_response::LogDirs,
    messages::{
        DescribeLogDirsRequest, DescribeLogDirsResponse,
        describe_log_dirs_response::{
            DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic,
        },
    },
};

use super::wire_names::{text, topic_name};
use crate::{
    blocking,
    request::RequestContext,
    security::{Authorized, Resource},
};

/// First version with an error of the request as a whole.
const FIRST_ERROR: i16 = 3;
/// First version that tells the room.
const FIRST_SPACE: i16 = 4;
/// A number the disk does not tell.
const UNKNOWN: i64 = -1;

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<DescribeLogDirsRequest>,
) -> LogDirs {
    if !request.allows(Resource::Cluster) {
        let code = context.error(ErrorCode::ClusterAuthorizationFailed);
        let answer = DescribeLogDirsResponse::default();
        let told = context.version >= FIRST_ERROR;
        let answer = if told { answer.with_error_code(code) } else { answer };
        return LogDirs { response: answer, cordoned: Vec::new() };
    }
    let broker = &context.broker;
    let topics = match &request.request().topics {
        None => every_partition(&context),
        Some(asked) => asked
            .iter()
            .map(|topic| (topic.topic.to_string(), indexes(&topic.partitions)))
            .collect(),
    };
    let dir = log_dir(&broker.config.data_dir);
    let cordoned = is_cordoned(&broker.image(), &dir).then(|| text(&dir));
    let result = DescribeLogDirsResult::default()
        .with_log_dir(text(&dir))
        .with_topics(described(&broker.partitions, topics));
    let result =
        if context.version < FIRST_SPACE { result } else { with_space(&context, result).await };
    LogDirs {
        response: DescribeLogDirsResponse::default().with_results(vec![result]),
        cordoned: cordoned.into_iter().collect(),
    }
}

async fn with_space(
    context: &RequestContext,
    result: DescribeLogDirsResult,
) -> DescribeLogDirsResult {
    let partitions = Arc::clone(&context.broker.partitions);
    let space = blocking::run(move || partitions.space()).await;
    let space = space.ok().and_then(Result::ok);
    let told = |of: fn(Space) -> u64| {
        space.map_or(UNKNOWN, |space| i64::try_from(of(space)).unwrap_or(i64::MAX))
    };
    result
        .with_total_bytes(told(|space| space.total_bytes))
        .with_usable_bytes(told(|space| space.free_bytes))
}

/// Whether `cordoned.log.dirs` names `dir` (KIP-1066). It is told and has no effect: partitions have
/// no other directory to be placed in. Kafka asks for `metadata.version` 4.3-IV0 besides, which every
/// cluster of ours has.
fn is_cordoned(image: &Image, dir: &str) -> bool {
    let named = image.layers().text("cordoned.log.dirs").unwrap_or_default();
    let mut entries = named.split(',').map(str::trim);
    entries.any(|entry| entry == "*" || log_dir(Path::new(entry)) == dir)
}

/// The data directory as tools know it. There is one.
pub(super) fn log_dir(configured: &Path) -> String {
    let absolute = std::path::absolute(configured).unwrap_or_else(|_| configured.to_owned());
    absolute.display().to_string()
}

fn every_partition(context: &RequestContext) -> BTreeMap<String, Vec<PartitionIndex>> {
    let image = context.broker.image();
    let all = image.topics().map(|topic| {
        let indexes = topic.iter().map(|(id, _)| id.partition);
        (topic.name.to_string(), indexes.collect())
    });
    all.collect()
}

fn indexes(partitions: &[i32]) -> Vec<PartitionIndex> {
    let mut indexes: Vec<u32> =
        partitions.iter().filter_map(|index| u32::try_from(*index).ok()).collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes.into_iter().map(PartitionIndex).collect()
}

/// What is not here is left out, as Kafka does.
fn described(
    partitions: &Partitions,
    topics: BTreeMap<String, Vec<PartitionIndex>>,
) -> Vec<DescribeLogDirsTopic> {
    let described = topics.into_iter().filter_map(|(name, indexes)| {
        let topic = partitions.topic(&name)?;
        let partitions = indexes.into_iter().filter_map(|index| {
            let bytes = partitions.stored_bytes(&*topic.partition(index)?);
            let partition = DescribeLogDirsPartition::default()
                .with_partition_index(index.0.cast_signed())
                .with_partition_size(i64::try_from(bytes).unwrap_or(i64::MAX));
            Some(partition)
        });
        let partitions: Vec<_> = partitions.collect();
        let topic = DescribeLogDirsTopic::default().with_name(topic_name(&name));
        (!partitions.is_empty()).then(|| topic.with_partitions(partitions))
    });
    described.collect()
}

#[cfg(test)]
mod tests;

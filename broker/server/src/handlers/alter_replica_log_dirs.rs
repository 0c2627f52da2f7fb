//! AlterReplicaLogDirs: there is one directory, and every replica is in it.

use std::collections::BTreeMap;

use protocol_types::{ErrorCode, PartitionIndex};
use protocol_wire::messages::{
    AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, TopicName,
    alter_replica_log_dirs_response::{
        AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult,
    },
};

use super::describe_log_dirs::log_dir;
use crate::{
    request::RequestContext,
    security::{Authorized, Resource},
};

pub(crate) async fn handle(
    context: RequestContext,
    request: Authorized<AlterReplicaLogDirsRequest>,
) -> AlterReplicaLogDirsResponse {
    let allowed = request.allows(Resource::Cluster);
    let ours = log_dir(&context.broker.config.data_dir);
    // Answered by topic, whatever the directories.
    let mut results: BTreeMap<TopicName, Vec<AlterReplicaLogDirPartitionResult>> = BTreeMap::new();
    for dir in &request.request().dirs {
        for topic in &dir.topics {
            let hosted = context.broker.partitions.topic(&topic.name);
            let answers = topic.partitions.iter().map(|&index| {
                let number = u32::try_from(index).ok().map(PartitionIndex);
                let found = hosted.as_ref().zip(number).and_then(|(topic, n)| topic.partition(n));
                let code = if !allowed {
                    ErrorCode::ClusterAuthorizationFailed
                } else if dir.path.as_str() != ours {
                    ErrorCode::LogDirNotFound
                } else if found.is_none() {
                    ErrorCode::UnknownTopicOrPartition
                } else {
                    ErrorCode::None
                };
                AlterReplicaLogDirPartitionResult::default()
                    .with_partition_index(index)
                    .with_error_code(context.error(code))
            });
            results.entry(topic.name.clone()).or_default().extend(answers);
        }
    }
    let results = results.into_iter().map(|(name, partitions)| {
        AlterReplicaLogDirTopicResult::default().with_topic_name(name).with_partitions(partitions)
    });
    AlterReplicaLogDirsResponse::default().with_results(results.collect())
}

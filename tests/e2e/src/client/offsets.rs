//! A group's coordinator and its committed offsets.

use anyhow::{Context, Result, ensure};
use protocol_wire::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use protocol_wire::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use protocol_wire::messages::{
    FindCoordinatorRequest, GroupId, OffsetCommitRequest, OffsetFetchRequest, StrBytes,
};

use super::Client;
use super::admin::topic_name;

impl Client {
    /// Who coordinates a group: error code and node.
    pub fn find_coordinator(&mut self, group: &str) -> Result<(i16, i32)> {
        let request = FindCoordinatorRequest::default().with_coordinator_keys(vec![text(group)]);
        let answer = self.call(6, &request)?;
        let found = answer.coordinators.first().context("no coordinator in the answer")?;
        Ok((found.error_code, found.node_id.0))
    }

    /// Commits offsets for partitions of a topic, as nobody's member; the first error of any.
    pub fn commit_offsets(
        &mut self,
        group: &str,
        topic: &str,
        offsets: impl IntoIterator<Item = (i32, i64)>,
    ) -> Result<i16> {
        let partition = |(index, offset)| {
            OffsetCommitRequestPartition::default()
                .with_partition_index(index)
                .with_committed_offset(offset)
                .with_committed_metadata(Some(text("")))
        };
        let topic = OffsetCommitRequestTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(offsets.into_iter().map(partition).collect());
        let request = OffsetCommitRequest::default()
            .with_group_id(GroupId(text(group)))
            .with_generation_id_or_member_epoch(-1)
            .with_topics(vec![topic]);
        let answer = self.call(9, &request)?;
        let codes = answer.topics.iter().flat_map(|topic| &topic.partitions);
        Ok(codes.map(|partition| partition.error_code).find(|code| *code != 0).unwrap_or(0))
    }

    /// A group's error code, and its offset for each of `partitions` of a topic, −1 for none.
    pub fn committed_offsets(
        &mut self,
        group: &str,
        topic: &str,
        partitions: Vec<i32>,
    ) -> Result<(i16, Vec<i64>)> {
        let asked = partitions.len();
        let topic = OffsetFetchRequestTopics::default()
            .with_name(topic_name(topic))
            .with_partition_indexes(partitions);
        let group = OffsetFetchRequestGroup::default()
            .with_group_id(GroupId(text(group)))
            .with_topics(Some(vec![topic]));
        let request =
            OffsetFetchRequest::default().with_groups(vec![group]).with_require_stable(true);
        let answer = self.call(8, &request)?;
        let group = answer.groups.first().context("no group in the answer")?;
        let found = group.topics.iter().flat_map(|topic| &topic.partitions);
        let offsets: Vec<_> = found.map(|partition| partition.committed_offset).collect();
        ensure!(group.error_code != 0 || offsets.len() == asked, "{asked} asked: {offsets:?}");
        Ok((group.error_code, offsets))
    }
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

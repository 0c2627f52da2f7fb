//! OffsetDelete: offsets of topics that no member subscribes to.

use broker_coordinator::Record;
use protocol_types::ErrorCode;

use super::{Delete, DeleteReply, Offsets};
use crate::group::Groups;
use crate::records::offset_commit;

/// Decides a deletion and adds its tombstones.
pub(crate) fn delete(
    groups: &Groups,
    offsets: &Offsets,
    request: Delete,
    records: &mut Vec<Record>,
) -> DeleteReply {
    let Some(group) = groups.get(&request.group) else {
        return Err(ErrorCode::GroupIdNotFound);
    };
    group.validate_offset_delete()?;
    let id = &*request.group;
    let topics = request.topics.into_iter().map(|(topic, partitions)| {
        let subscribed = group.is_subscribed(&topic);
        let partitions = partitions.into_iter().map(|partition| {
            if subscribed {
                return (partition, ErrorCode::GroupSubscribedToTopic);
            }
            if offsets.get(id, &topic, partition).is_some() {
                records.push(offset_commit::tombstone(id, &topic, partition));
            }
            (partition, ErrorCode::None)
        });
        let partitions = partitions.collect();
        (topic, partitions)
    });
    Ok(topics.collect())
}

//! OffsetFetch: an entry for every partition asked for, also where nothing was committed (trap 63).

use std::sync::Arc;

use broker_metadata::Image;

use super::{Committed, Fetch, FetchReply, FetchTopics, Offsets, PerPartition};
use crate::group::Groups;

/// Decides a fetch. No transaction can have offsets under way yet, so all are stable.
pub(crate) fn fetch(
    groups: &Groups,
    offsets: &Offsets,
    image: &Image,
    request: &Fetch,
) -> FetchReply {
    if let Some(group) = groups.get(&request.group) {
        group.validate_fetch(request.member.as_deref(), request.member_epoch)?;
    }
    let read = |topic: &str, committed: Option<&Committed>| {
        Ok(committed.filter(|committed| is_of(image, topic, committed)).cloned())
    };
    let FetchTopics::These(topics) = &request.topics else {
        let mut found: PerPartition<_> = Vec::new();
        for (topic, partition, committed) in offsets.of_group(&request.group) {
            if !is_of(image, topic, committed) {
                continue;
            }
            let entry = (partition, Ok(Some(committed.clone())));
            match found.last_mut() {
                Some((last, partitions)) if last == topic => partitions.push(entry),
                _ => found.push((Arc::clone(topic), vec![entry])),
            }
        }
        return Ok(found);
    };
    let topics = topics.iter().map(|(topic, partitions)| {
        let partitions = partitions.iter().map(|&partition| {
            (partition, read(topic, offsets.get(&request.group, topic, partition)))
        });
        (Arc::clone(topic), partitions.collect())
    });
    Ok(topics.collect())
}

/// Whether the offset was committed for the topic that has the name now, as far as is known.
fn is_of(image: &Image, topic: &str, committed: &Committed) -> bool {
    match (committed.topic_id, image.topic(topic)) {
        (Some(id), Some(topic)) => id == topic.id,
        _ => true,
    }
}

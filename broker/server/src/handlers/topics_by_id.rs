//! Topics in requests about a group's offsets: by name, from version 10 on by id (KIP-848).

use broker_metadata::Image;
use protocol_wire::messages::TopicName;
use uuid::Uuid;

use super::wire_names::topic_id;

/// From this version on OffsetCommit and OffsetFetch know topics by their ids alone.
pub(super) const FIRST_TOPIC_IDS: i16 = 10;

/// What the topic is called; `None` where its id is that of no topic. A name stands for itself,
/// whether there is such a topic or not.
pub(super) fn name_of<'a>(
    image: &'a Image,
    version: i16,
    name: &'a TopicName,
    id: Uuid,
) -> Option<&'a str> {
    if version < FIRST_TOPIC_IDS {
        return Some(name);
    }
    image.topic_by_id(topic_id(id)?).map(|topic| &*topic.name)
}

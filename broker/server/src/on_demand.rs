//! The topics that come to be because somebody asked for them.
//!
//! A user's topic gets every default. Kafka's internal topics get the shape their coordinator needs,
//! whoever asks first: with a user's defaults, retention would drop committed offsets.

use broker_controller::commands::create_topics::NewTopic;
use config::GroupSettings;
use protocol_types::topic_name;

/// The smallest segment a topic may ask for.
const SEGMENT_BYTES_MIN: u32 = 1 << 20;

/// What is created for whoever asks for `name`, which does not exist; `None` where nothing is.
///
/// Nobody coordinates transactions or share groups yet, so no setting says what their topics are
/// like. Made now, they would be wrong for the coordinators to come.
pub(crate) fn topic(name: String, groups: &GroupSettings) -> Option<NewTopic> {
    if name == topic_name::CONSUMER_OFFSETS {
        return Some(offsets_topic(groups));
    }
    (!topic_name::is_kafka_internal(&name)).then(|| NewTopic::automatic(name))
}

/// The topic of groups and their offsets.
pub(crate) fn offsets_topic(groups: &GroupSettings) -> NewTopic {
    let segment = groups.offsets_topic_segment_bytes.max(SEGMENT_BYTES_MIN);
    let set = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    NewTopic {
        partitions: Some(i32::try_from(groups.offsets_topic_partitions).unwrap_or(i32::MAX)),
        configs: vec![
            set("cleanup.policy", "compact"),
            set("compression.type", "producer"),
            set("segment.bytes", &segment.to_string()),
        ],
        ..NewTopic::automatic(topic_name::CONSUMER_OFFSETS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handlers::fixture::Fixture;

    #[test]
    fn internal_topics_are_not_made_with_a_users_defaults() {
        let groups = &Fixture::with(&[("offsets.topic.num.partitions", "7")]).config.groups;
        let made = |name: &str| topic(name.to_owned(), groups);
        let offsets = made(topic_name::CONSUMER_OFFSETS).unwrap();
        assert_eq!(offsets.partitions, Some(7));
        let compacts = ("cleanup.policy".to_owned(), Some("compact".to_owned()));
        assert!(offsets.configs.contains(&compacts), "{offsets:?}");
        assert_eq!(made(topic_name::TRANSACTION_STATE), None);
        assert_eq!(made(topic_name::SHARE_GROUP_STATE), None);
        assert_eq!(made("__mine"), Some(NewTopic::automatic("__mine")));
    }
}

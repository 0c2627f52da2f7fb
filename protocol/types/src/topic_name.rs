//! Names of topics that are not a user's: Kafka's three internal topics, and the prefix that is the
//! broker's.
//!
//! The two are told apart. Kafka's internal topics are written by coordinators only, and clients are
//! told that they are internal. A reserved name is any that begins with two underscores: such a topic
//! is always synced before it is acknowledged, and served from the ring's reserve.

/// Groups and their offsets.
pub const CONSUMER_OFFSETS: &str = "__consumer_offsets";
/// Transactions.
pub const TRANSACTION_STATE: &str = "__transaction_state";
/// Share groups' positions.
pub const SHARE_GROUP_STATE: &str = "__share_group_state";

/// Whether Kafka calls the topic internal. Every such name is reserved.
#[must_use]
pub fn is_kafka_internal(name: &str) -> bool {
    is_reserved(name) && matches!(name, CONSUMER_OFFSETS | TRANSACTION_STATE | SHARE_GROUP_STATE)
}

/// Whether the topic belongs to the broker by its prefix.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    name.starts_with("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kafkas_names_are_three_of_the_reserved() {
        let told = |name| (is_kafka_internal(name), is_reserved(name));
        for name in [CONSUMER_OFFSETS, TRANSACTION_STATE, SHARE_GROUP_STATE] {
            assert_eq!(told(name), (true, true), "{name}");
        }
        assert_eq!(told("__mine"), (false, true));
        assert_eq!(told("consumer_offsets"), (false, false));
    }
}

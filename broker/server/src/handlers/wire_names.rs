//! Names, ids and messages in the wire's types.

use std::sync::Arc;

use broker_controller::CommandError;
use protocol_types::{BrokerId, PartitionIndex, TopicId};
use protocol_wire::messages::{self, StrBytes, TopicName};
use uuid::Uuid;

/// Longest message. Kafka's words repeat what clients say, and a text ends at 32,767 bytes: an answer
/// with a longer one could not be encoded.
const MESSAGE_BYTES_MAX: usize = 1 << 10;

pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// A text of a request, kept longer than the request.
pub(crate) fn shared(text: &str) -> Arc<str> {
    text.into()
}

pub(crate) fn topic_name(name: &str) -> TopicName {
    TopicName(text(name))
}

pub(crate) const fn uuid(id: TopicId) -> Uuid {
    Uuid::from_bytes(id.0)
}

/// `None` for the id of zeros, which stands for "no id".
pub(crate) fn topic_id(id: Uuid) -> Option<TopicId> {
    Some(TopicId(id.into_bytes())).filter(|id| *id != TopicId::ZERO)
}

/// A partition's number; `None` where it is negative.
pub(crate) fn partition_index(wire: i32) -> Option<PartitionIndex> {
    u32::try_from(wire).ok().map(PartitionIndex)
}

/// Broker ids are below 2^31: the configuration bounds them.
pub(crate) const fn broker_id(id: BrokerId) -> messages::BrokerId {
    messages::BrokerId(id.0.cast_signed())
}

pub(crate) fn message(error: &CommandError) -> Option<StrBytes> {
    Some(told(&error.message))
}

/// A message that may repeat what a client said.
pub(crate) fn told(message: &str) -> StrBytes {
    if message.len() <= MESSAGE_BYTES_MAX {
        return text(message);
    }
    let kept = message.floor_char_boundary(MESSAGE_BYTES_MAX - '…'.len_utf8());
    StrBytes::from_string(format!("{}…", message.split_at(kept).0))
}

#[cfg(test)]
mod tests;

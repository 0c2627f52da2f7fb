//! AllocateProducerIds: the next block of producer ids for a broker.

use broker_metadata::Record;
use protocol_types::{ErrorCode, ProducerId};

use super::{Command, Decision, Facts};
use crate::error::CommandError;

/// Ids in a block, as in Kafka.
pub const BLOCK: u32 = 1_000;

/// The command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocateProducerIds;

/// Ids `first..first + count` are the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerIdBlock {
    pub first: ProducerId,
    pub count: u32,
}

impl Command for AllocateProducerIds {
    type Outcome = ProducerIdBlock;

    fn decide(self, facts: &Facts<'_>) -> Result<Decision<ProducerIdBlock>, CommandError> {
        let first = facts.image.next_producer_id();
        if first.0.checked_add(u64::from(BLOCK)).is_none_or(|end| end > i64::MAX.unsigned_abs()) {
            return Err(CommandError::new(
                ErrorCode::UnknownServerError,
                "Exhausted all producerIds as the next block's end producerId has exceeded the \
                 int64 type limit",
            ));
        }
        let record =
            Record::ProducerIdBlock { broker: facts.image.node(), first: first.0, count: BLOCK };
        let outcome = ProducerIdBlock { first, count: BLOCK };
        Ok(Decision { records: vec![record], outcome })
    }
}

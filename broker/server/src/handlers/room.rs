//! Room for answers that grow with what is asked about, and not with what was sent.
//!
//! A name costs a client a few bytes and the broker a description, and Kafka describes a name as often
//! as it is named. So such answers are built part by part, and what no longer fits
//! is refused where its description would stand.

use broker_controller::CommandError;
use protocol_types::ErrorCode;
use protocol_wire::messages::Encodable;

use crate::{budget::Budget, request::RequestContext};

/// Wire bytes take several times their number in memory while an answer is built, and others are
/// answered meanwhile: one answer has this part of `memory.response.bytes`.
const PART: u64 = 4;

/// What is left of an answer's room. It is exceeded by less than one part.
#[derive(Debug)]
pub(super) struct Room {
    left: u64,
    version: i16,
}

impl Room {
    /// The room of one answer to `context`'s request.
    pub(super) fn of(context: &RequestContext) -> Self {
        Self::new(&context.broker.budgets.responses, context.version)
    }

    pub(super) fn new(responses: &Budget, version: i16) -> Self {
        Self { left: responses.capacity() / PART, version }
    }

    /// Whether there is room for another part.
    ///
    /// # Errors
    /// There is none; the refusal stands in the part's place.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        if self.left > 0 {
            return Ok(());
        }
        let why = "The answer would exceed memory.response.bytes; ask for less at once.";
        Err(CommandError::new(ErrorCode::InvalidRequest, why))
    }

    /// `part` is in the answer.
    pub(super) fn take(&mut self, part: &impl Encodable) {
        // What cannot be encoded is found, and the request refused, when the whole is.
        let size = part.compute_size(self.version).unwrap_or(0);
        self.left = self.left.saturating_sub(size as u64);
    }
}

#[cfg(test)]
mod tests {
    use protocol_wire::messages::describe_configs_response::DescribeConfigsResult;

    use super::*;
    use crate::handlers::wire_names::text;

    #[test]
    fn there_is_room_until_the_parts_have_used_it_up() {
        let mut room = Room::new(&Budget::new(2_500 * PART), 4);
        let long = DescribeConfigsResult::default().with_resource_name(text(&"x".repeat(1_000)));
        for _ in 0..3 {
            room.check().unwrap();
            room.take(&long);
        }
        assert_eq!(room.check().unwrap_err().code, ErrorCode::InvalidRequest);
    }
}

//! Why a request to a group is refused: Kafka's error code, and its words where it has some.

use protocol_types::ErrorCode;

/// A refusal as the client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: ErrorCode,
    pub message: String,
}

impl Refusal {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    pub(super) fn fenced(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::FencedMemberEpoch, message)
    }
}

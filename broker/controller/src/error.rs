//! A refused command: the code and message a Kafka client is to see.

use config::InvalidConfig;
use protocol_types::ErrorCode;

/// See the module documentation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct CommandError {
    pub code: ErrorCode,
    pub message: String,
}

impl CommandError {
    /// An error with a message of its own.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    pub(crate) fn unknown_topic() -> Self {
        Self::new(
            ErrorCode::UnknownTopicOrPartition,
            "This server does not host this topic-partition.",
        )
    }

    pub(crate) fn unknown_topic_id() -> Self {
        Self::new(ErrorCode::UnknownTopicId, "This server does not host this topic ID.")
    }
}

impl From<InvalidConfig> for CommandError {
    fn from(error: InvalidConfig) -> Self {
        Self::new(ErrorCode::InvalidConfig, error.0)
    }
}

//! Why a request did not reach its machine, or its reply not the caller.

use protocol_types::ErrorCode;

/// See the module documentation. Each has one Kafka error code, which every api may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoordinatorError {
    #[error("the coordinator is loading")]
    Loading,
    #[error("this broker is not the coordinator, or is stopping")]
    NotCoordinator,
    #[error("the coordinator is not available")]
    NotAvailable,
    #[error("the coordinator's log cannot be loaded")]
    Unreadable,
    #[error("the records of the request are larger than the log takes")]
    TooLarge,
}

impl CoordinatorError {
    /// What a client is told.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Loading => ErrorCode::CoordinatorLoadInProgress,
            // As Kafka answers where a load failed.
            Self::NotCoordinator | Self::Unreadable => ErrorCode::NotCoordinator,
            Self::NotAvailable => ErrorCode::CoordinatorNotAvailable,
            Self::TooLarge => ErrorCode::UnknownServerError,
        }
    }
}

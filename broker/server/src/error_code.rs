//! From the errors of the layers below to Kafka's error codes, where they do not speak them themselves.
//!
//! Groups, coordinator, controller, telemetry and the validation of records decide by Kafka's rules and
//! say its codes. Every enum is matched in full, so that a new variant below is a decision here.

use broker_partitions::{AppendRefusal, DeleteRefusal, LoadError, ReadRefusal};
use protocol_types::ErrorCode;

/// Why a batch was not appended.
pub(crate) const fn append_refusal(refusal: &AppendRefusal) -> ErrorCode {
    match refusal {
        AppendRefusal::Gone => ErrorCode::UnknownTopicOrPartition,
        AppendRefusal::Idempotence(error) => error.code(),
        // Retriable for every client, see docs/adr: the ring has room again once it has sealed.
        AppendRefusal::RingFull(_) => ErrorCode::KafkaStorageError,
    }
}

/// Why nothing can be read (traps 50 and 56).
pub(crate) const fn read_refusal(refusal: &ReadRefusal) -> ErrorCode {
    match refusal {
        ReadRefusal::Gone => ErrorCode::UnknownTopicOrPartition,
        ReadRefusal::FencedEpoch { .. } => ErrorCode::FencedLeaderEpoch,
        ReadRefusal::UnknownEpoch { .. } => ErrorCode::UnknownLeaderEpoch,
        ReadRefusal::OutOfRange(..) => ErrorCode::OffsetOutOfRange,
    }
}

/// Why planned bytes could not be loaded.
pub(crate) const fn load_error(error: &LoadError) -> ErrorCode {
    match error {
        // The client's next try finds the data where it is now.
        LoadError::Moved | LoadError::Stopping => ErrorCode::NotLeaderOrFollower,
        LoadError::Sealed(_) | LoadError::Page(_) | LoadError::Ring(_) | LoadError::Corrupt(_) => {
            ErrorCode::KafkaStorageError
        }
    }
}

/// Why records were not deleted.
pub(crate) const fn delete_refusal(refusal: &DeleteRefusal) -> ErrorCode {
    match refusal {
        DeleteRefusal::Gone => ErrorCode::UnknownTopicOrPartition,
        DeleteRefusal::AboveHighWatermark { .. } => ErrorCode::OffsetOutOfRange,
        DeleteRefusal::NotDeletable => ErrorCode::PolicyViolation,
        DeleteRefusal::RingFull(_) => ErrorCode::KafkaStorageError,
    }
}

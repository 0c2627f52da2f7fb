//! What goes wrong at the command line: its code, and the exit code it ends with.

use std::fmt;
use std::io;
use std::process::ExitCode;

use protocol_types::ErrorCode;

mod code;
#[cfg(test)]
mod tests;

pub use code::Code;

/// Exit codes; stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; also when the reader of standard output went away.
    Ok = 0,
    /// Anything not named below.
    Failed = 1,
    /// A command line that cannot be understood.
    Usage = 2,
    /// No broker could be reached, or none answered in time.
    Unreachable = 3,
    /// A topic, partition or offset that does not exist.
    NotFound = 4,
    /// It exists already, or contradicts what exists.
    Conflict = 5,
    /// Not allowed.
    Forbidden = 6,
    /// Damage, a broker that is not ready, or a failed check.
    Unhealthy = 7,
    /// Some of several items failed.
    Partial = 8,
}

/// An error with its hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CliError {
    /// `None`: nothing to say, the reader of our output left.
    code: Option<Code>,
    message: String,
    hint: Option<String>,
    /// Kafka's name of the error, where a broker gave one.
    kafka: Option<&'static str>,
}

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

impl CliError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: Some(code), message: message.into(), hint: None, kafka: None }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Code::Failed, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What a broker answered about `what`.
    pub(crate) fn refused(what: &str, code: i16, message: Option<&str>) -> Self {
        let known = known(code);
        let name = known.map(ErrorCode::name);
        let shown = name.map_or_else(|| format!("error {code}"), str::to_owned);
        let why = message.filter(|message| !message.is_empty());
        let text = why.map_or_else(|| shown.clone(), |why| format!("{why} ({shown})"));
        let error = Self::new(code_of(known), format!("{what}: {text}"));
        let error = Self { kafka: name, ..error };
        match known {
            Some(ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId) => {
                error.hint("ringtide topic ls shows the topics there are")
            }
            Some(ErrorCode::InvalidConfig) => {
                error.hint("ringtide topic config ls NAME --all shows every key")
            }
            Some(ErrorCode::GroupIdNotFound) => {
                error.hint("ringtide group ls shows the groups there are")
            }
            Some(ErrorCode::NonEmptyGroup) => error.hint("stop its consumers first"),
            _ => error,
        }
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) const fn code(&self) -> Option<Code> {
        self.code
    }

    pub(crate) fn exit(&self) -> Exit {
        self.code.map_or(Exit::Ok, Code::exit)
    }

    /// Whether there is nothing to say: the reader of our output left.
    pub(crate) const fn is_silent(&self) -> bool {
        self.code.is_none()
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "error": self.message,
            "code": self.code.map(|code| code.to_string()),
            "kafka": self.kafka,
            "hint": self.hint,
            "exit": self.exit() as u8,
        })
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(code) = self.code else { return Ok(()) };
        write!(f, "error[{code}]: {}", self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))?;
        write!(f, "\nsee: ringtide explain {code}")
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self { code: None, message: String::new(), hint: None, kafka: None }
        } else {
            Self::new(Code::Io, error.to_string())
        }
    }
}

/// The codes that answers to our requests may carry.
const CODES: &[ErrorCode] = {
    use ErrorCode as E;
    &[
        E::UnknownServerError,
        E::OffsetOutOfRange,
        E::CorruptMessage,
        E::UnknownTopicOrPartition,
        E::LeaderNotAvailable,
        E::CoordinatorLoadInProgress,
        E::CoordinatorNotAvailable,
        E::NotCoordinator,
        E::IllegalGeneration,
        E::InvalidGroupId,
        E::UnknownMemberId,
        E::NonEmptyGroup,
        E::GroupIdNotFound,
        E::GroupSubscribedToTopic,
        E::StaleMemberEpoch,
        E::NotLeaderOrFollower,
        E::RequestTimedOut,
        E::MessageTooLarge,
        E::InvalidTopicException,
        E::RecordListTooLarge,
        E::NotEnoughReplicas,
        E::NotEnoughReplicasAfterAppend,
        E::InvalidRequiredAcks,
        E::TopicAuthorizationFailed,
        E::GroupAuthorizationFailed,
        E::ClusterAuthorizationFailed,
        E::InvalidTimestamp,
        E::UnsupportedVersion,
        E::TopicAlreadyExists,
        E::InvalidPartitions,
        E::InvalidReplicationFactor,
        E::InvalidReplicaAssignment,
        E::InvalidConfig,
        E::NotController,
        E::InvalidRequest,
        E::PolicyViolation,
        E::KafkaStorageError,
        E::SaslAuthenticationFailed,
        E::TransactionalIdAuthorizationFailed,
        E::TopicDeletionDisabled,
        E::FencedLeaderEpoch,
        E::UnknownLeaderEpoch,
        E::UnsupportedCompressionType,
        E::OffsetNotAvailable,
        E::InvalidRecord,
        E::ThrottlingQuotaExceeded,
        E::UnknownTopicId,
        E::InconsistentTopicId,
    ]
};

/// The error with Kafka's number `code`; `None` where our requests never meet it.
pub(crate) fn known(code: i16) -> Option<ErrorCode> {
    CODES.iter().copied().find(|known| known.to_wire() == code)
}

fn code_of(code: Option<ErrorCode>) -> Code {
    use ErrorCode as E;
    match code {
        Some(E::UnknownTopicOrPartition | E::UnknownTopicId) => Code::TopicNotFound,
        Some(E::OffsetOutOfRange) => Code::OffsetOutOfRange,
        Some(E::TopicAlreadyExists) => Code::Exists,
        Some(
            E::TopicAuthorizationFailed
            | E::GroupAuthorizationFailed
            | E::ClusterAuthorizationFailed
            | E::SaslAuthenticationFailed
            | E::TransactionalIdAuthorizationFailed,
        ) => Code::NotAllowed,
        Some(E::InvalidConfig) => Code::InvalidConfig,
        Some(E::RequestTimedOut) => Code::ConnectionLost,
        Some(E::CoordinatorLoadInProgress | E::CoordinatorNotAvailable) => Code::NotReady,
        Some(E::GroupIdNotFound) => Code::GroupNotFound,
        Some(E::NonEmptyGroup | E::GroupSubscribedToTopic | E::UnknownMemberId) => Code::GroupInUse,
        _ => Code::Refused,
    }
}

/// The error of several items: the only one, or "some failed".
pub(crate) fn partial(mut errors: Vec<CliError>, of: usize) -> Result<(), CliError> {
    match errors.pop() {
        None => Ok(()),
        Some(error) if of == 1 => Err(error),
        Some(last) if errors.len() + 1 == of && errors.iter().all(|e| e.code() == last.code()) => {
            errors.push(last);
            Err(joined(&errors, None))
        }
        Some(last) => {
            errors.push(last);
            Err(joined(&errors, Some(Code::Partial)))
        }
    }
}

fn joined(errors: &[CliError], code: Option<Code>) -> CliError {
    let code = code.or_else(|| errors.first().and_then(CliError::code)).unwrap_or(Code::Failed);
    let texts: Vec<String> = errors.iter().map(CliError::message).map(str::to_owned).collect();
    CliError::new(code, texts.join("; "))
}

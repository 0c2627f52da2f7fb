//! What clients ask of classic groups, and the answers, in the domain's words.
//!
//! Knows no wire: an absent member id is `None`, timeouts are set (version 0 has no rebalance
//! timeout, the handler takes the session's), a protocol's name occurs once.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use protocol_types::ErrorCode;

use crate::config::GroupConfig;
use crate::records::RECORD_BYTES_MAX;

/// A way to share out partitions that a member supports, and what it says under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    pub name: Arc<str>,
    pub metadata: Bytes,
}

impl Protocol {
    /// Keeps the first of each name, so that a vote counts once.
    #[must_use]
    pub fn distinct(protocols: Vec<Self>) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        protocols.into_iter().filter(|protocol| seen.insert(Arc::clone(&protocol.name))).collect()
    }
}

/// JoinGroup.
#[derive(Clone, Debug)]
pub struct Join {
    pub group_id: Arc<str>,
    /// `None` asks for an id.
    pub member_id: Option<Arc<str>>,
    pub instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    pub client_host: Arc<str>,
    pub session_timeout_ms: i32,
    /// At least 0.
    pub rebalance_timeout_ms: i32,
    pub protocol_type: Arc<str>,
    /// As [`Protocol::distinct`] leaves them.
    pub protocols: Vec<Protocol>,
    /// A text nobody else has, drawn by the shell: the end of a new member's id.
    pub unique: String,
    /// The client understands MEMBER_ID_REQUIRED (version 4).
    pub requires_known_member: bool,
    /// The client understands an answer that says it leads but must not assign (version 9).
    pub can_skip_assignment: bool,
    /// Why it joins, in the client's words.
    pub reason: Option<String>,
}

impl Join {
    /// Whether the request is in a form that a group of any protocol may be asked in (trap 71).
    ///
    /// # Errors
    /// With what the client is told.
    pub(crate) fn validate(&self, config: &GroupConfig) -> Result<(), ErrorCode> {
        let session = u32::try_from(self.session_timeout_ms).unwrap_or(0);
        let bounds = config.session_timeout_ms_min..=config.session_timeout_ms_max;
        if !bounds.contains(&session) {
            return Err(ErrorCode::InvalidSessionTimeout);
        }
        let said = self.protocols.iter().map(|each| each.name.len() + each.metadata.len());
        if said.sum::<usize>() as u64 > RECORD_BYTES_MAX {
            return Err(ErrorCode::InvalidRequest);
        }
        Ok(())
    }
}

/// A member as the leader of its group sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    pub member_id: Arc<str>,
    pub instance_id: Option<Arc<str>>,
    pub metadata: Bytes,
}

/// The answer to [`Join`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinReply {
    pub error: ErrorCode,
    pub member_id: Option<Arc<str>>,
    /// `None` with an error.
    pub generation: Option<i32>,
    pub protocol_type: Option<Arc<str>>,
    pub protocol: Option<Arc<str>>,
    pub leader: Option<Arc<str>>,
    pub skip_assignment: bool,
    /// For the leader alone.
    pub members: Vec<Joined>,
}

impl JoinReply {
    /// A refusal.
    #[must_use]
    pub const fn refused(error: ErrorCode, member_id: Option<Arc<str>>) -> Self {
        Self {
            error,
            member_id,
            generation: None,
            protocol_type: None,
            protocol: None,
            leader: None,
            skip_assignment: false,
            members: Vec::new(),
        }
    }
}

/// SyncGroup.
#[derive(Clone, Debug)]
pub struct Sync {
    pub group_id: Arc<str>,
    pub member_id: Arc<str>,
    pub instance_id: Option<Arc<str>>,
    pub generation: i32,
    /// Checked where the version has it (5).
    pub protocol_type: Option<Arc<str>>,
    pub protocol: Option<Arc<str>>,
    /// The leader's: who gets which bytes.
    pub assignments: Vec<(Arc<str>, Bytes)>,
}

/// The answer to [`Sync`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncReply {
    pub error: ErrorCode,
    pub protocol_type: Option<Arc<str>>,
    pub protocol: Option<Arc<str>>,
    pub assignment: Bytes,
}

impl SyncReply {
    /// A refusal.
    #[must_use]
    pub const fn refused(error: ErrorCode) -> Self {
        Self { error, protocol_type: None, protocol: None, assignment: Bytes::new() }
    }
}

/// Heartbeat; its answer is an error code.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    pub group_id: Arc<str>,
    pub member_id: Arc<str>,
    pub instance_id: Option<Arc<str>>,
    pub generation: i32,
}

/// LeaveGroup.
#[derive(Clone, Debug)]
pub struct Leave {
    pub group_id: Arc<str>,
    pub members: Vec<Leaver>,
}

/// Who leaves: by member id, or by instance id alone (an administrator's removal).
#[derive(Clone, Debug)]
pub struct Leaver {
    pub member_id: Option<Arc<str>>,
    pub instance_id: Option<Arc<str>>,
    pub reason: Option<String>,
}

/// The answer to [`Leave`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveReply {
    pub error: ErrorCode,
    /// In the order of the request.
    pub members: Vec<Left>,
}

/// What became of a [`Leaver`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub member_id: Option<Arc<str>>,
    pub instance_id: Option<Arc<str>>,
    pub error: ErrorCode,
}

impl Leave {
    /// The answer when there is no such group: nobody in it is known.
    #[must_use]
    pub fn unknown(&self) -> LeaveReply {
        let members = self.members.iter().map(|leaver| leaver.left(ErrorCode::UnknownMemberId));
        LeaveReply { error: ErrorCode::None, members: members.collect() }
    }
}

impl Leaver {
    /// The answer for this one.
    #[must_use]
    pub fn left(&self, error: ErrorCode) -> Left {
        Left { member_id: self.member_id.clone(), instance_id: self.instance_id.clone(), error }
    }
}

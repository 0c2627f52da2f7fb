//! Classic groups: members as a client sees itself, one connection each.

use anyhow::{Context, Result, bail, ensure};
use broker_env::{Clock, OsClock};
use bytes::Bytes;
use protocol_wire::messages::join_group_request::JoinGroupRequestProtocol;
use protocol_wire::messages::leave_group_request::MemberIdentity;
use protocol_wire::messages::sync_group_request::SyncGroupRequestAssignment;
use protocol_wire::messages::{
    GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    ListGroupsRequest, StrBytes, SyncGroupRequest, SyncGroupResponse,
};

use super::Client;

/// The newest versions of the requests.
const JOIN: i16 = 9;
const SYNC: i16 = 5;
const HEARTBEAT: i16 = 4;
const LEAVE: i16 = 5;
const LIST: i16 = 5;

/// Kafka's codes that members act on.
pub mod code {
    pub const LOADING: i16 = 14;
    pub const NOT_AVAILABLE: i16 = 15;
    pub const NOT_COORDINATOR: i16 = 16;
    pub const ILLEGAL_GENERATION: i16 = 22;
    pub const INCONSISTENT_PROTOCOL: i16 = 23;
    pub const UNKNOWN_MEMBER: i16 = 25;
    pub const INVALID_SESSION_TIMEOUT: i16 = 26;
    pub const REBALANCE: i16 = 27;
    pub const NON_EMPTY: i16 = 68;
    pub const NOT_FOUND: i16 = 69;
    pub const ID_REQUIRED: i16 = 79;
    pub const FENCED: i16 = 82;
}

/// A member of a group, with what it knows of itself.
#[derive(Clone, Debug)]
pub struct Member {
    pub group: String,
    pub instance: Option<String>,
    /// Empty until it was told.
    pub id: StrBytes,
    pub generation: i32,
    pub session_timeout_ms: i32,
    pub rebalance_timeout_ms: i32,
    /// Stands in its subscription; a member that changes it has changed.
    pub user_data: u32,
    /// Everybody, while it leads.
    pub members: Vec<StrBytes>,
}

impl Member {
    #[must_use]
    pub fn new(group: &str) -> Self {
        Self {
            group: group.to_owned(),
            instance: None,
            id: StrBytes::default(),
            generation: -1,
            session_timeout_ms: 45_000,
            rebalance_timeout_ms: 60_000,
            user_data: 0,
            members: Vec::new(),
        }
    }

    /// A static one.
    #[must_use]
    pub fn fixed(group: &str, instance: &str) -> Self {
        Self { instance: Some(instance.to_owned()), ..Self::new(group) }
    }

    #[must_use]
    pub fn join(&self) -> JoinGroupRequest {
        // A subscription to the topic `flights`, version 0.
        let head = b"\0\0\0\0\0\x01\0\x07flights\0\0\0\x04";
        let subscription = [&head[..], &self.user_data.to_be_bytes()].concat();
        let protocol = JoinGroupRequestProtocol::default()
            .with_name(StrBytes::from_static_str("range"))
            .with_metadata(Bytes::from(subscription));
        JoinGroupRequest::default()
            .with_group_id(group_id(&self.group))
            .with_session_timeout_ms(self.session_timeout_ms)
            .with_rebalance_timeout_ms(self.rebalance_timeout_ms)
            .with_member_id(self.id.clone())
            .with_group_instance_id(self.instance.as_deref().map(text))
            .with_protocol_type(StrBytes::from_static_str("consumer"))
            .with_protocols(vec![protocol])
    }

    /// Its SyncGroup; a leader gives every member its own id as an assignment.
    #[must_use]
    pub fn sync(&self) -> SyncGroupRequest {
        let assignments = self.members.iter().map(|id| {
            SyncGroupRequestAssignment::default()
                .with_member_id(id.clone())
                .with_assignment(Bytes::copy_from_slice(id.as_bytes()))
        });
        SyncGroupRequest::default()
            .with_group_id(group_id(&self.group))
            .with_generation_id(self.generation)
            .with_member_id(self.id.clone())
            .with_group_instance_id(self.instance.as_deref().map(text))
            .with_protocol_type(Some(StrBytes::from_static_str("consumer")))
            .with_protocol_name(Some(StrBytes::from_static_str("range")))
            .with_assignments(assignments.collect())
    }

    /// Takes in the answer to its join; returns its error code.
    pub fn joined(&mut self, answer: JoinGroupResponse) -> i16 {
        if answer.error_code == 0 || answer.error_code == code::ID_REQUIRED {
            self.id = answer.member_id;
        }
        if answer.error_code == 0 {
            self.generation = answer.generation_id;
            let members = if answer.skip_assignment { Vec::new() } else { answer.members };
            self.members = members.into_iter().map(|member| member.member_id).collect();
        }
        answer.error_code
    }

    pub fn send_join(&self, client: &mut Client) -> Result<i32> {
        client.send(JOIN, &self.join())
    }

    /// Waits for the answer to [`Member::send_join`]; returns its error code.
    pub fn receive_joined(&mut self, client: &mut Client, correlation_id: i32) -> Result<i16> {
        let answer = client.receive::<JoinGroupRequest>(JOIN, correlation_id)?;
        Ok(self.joined(answer))
    }

    pub fn send_sync(&self, client: &mut Client) -> Result<i32> {
        client.send(SYNC, &self.sync())
    }

    pub fn receive_synced(client: &mut Client, correlation_id: i32) -> Result<SyncGroupResponse> {
        client.receive::<SyncGroupRequest>(SYNC, correlation_id)
    }

    /// Joins until it is a member, and settles its group of one.
    pub fn settle_alone(&mut self, client: &mut Client) -> Result<SyncGroupResponse> {
        loop {
            let sent = self.send_join(client)?;
            match self.receive_joined(client, sent)? {
                0 => break,
                code::ID_REQUIRED => {}
                other => bail!("join: error {other}"),
            }
        }
        let sent = self.send_sync(client)?;
        let answer = Self::receive_synced(client, sent)?;
        ensure!(answer.error_code == 0, "sync: error {}", answer.error_code);
        Ok(answer)
    }

    pub fn heartbeat(&self, client: &mut Client) -> Result<i16> {
        let request = HeartbeatRequest::default()
            .with_group_id(group_id(&self.group))
            .with_generation_id(self.generation)
            .with_member_id(self.id.clone())
            .with_group_instance_id(self.instance.as_deref().map(text));
        Ok(client.call(HEARTBEAT, &request)?.error_code)
    }

    /// Leaves; returns the member's error code.
    pub fn leave(&self, client: &mut Client) -> Result<i16> {
        let member = MemberIdentity::default()
            .with_member_id(self.id.clone())
            .with_group_instance_id(self.instance.as_deref().map(text));
        let request = LeaveGroupRequest::default()
            .with_group_id(group_id(&self.group))
            .with_members(vec![member]);
        let answer = client.call(LEAVE, &request)?;
        ensure!(answer.error_code == 0, "leave: error {}", answer.error_code);
        Ok(answer.members.first().context("no member in the answer")?.error_code)
    }
}

impl Client {
    /// Brings the topic of offsets to be and waits until every coordinator has loaded. One that answers says
    /// nothing about the next: they load one after the other.
    pub fn await_coordinators(&mut self) -> Result<()> {
        let end = OsClock.now().0 + 30_000_000_000;
        loop {
            let found = self.find_coordinator("any")?.0;
            // Asks each of them.
            let listed = self.call(LIST, &ListGroupsRequest::default())?.error_code;
            match (found, listed) {
                (0, 0) => return Ok(()),
                (0 | code::NOT_AVAILABLE, 0 | code::LOADING | code::NOT_AVAILABLE) => {}
                other => bail!("coordinators: errors {other:?}"),
            }
            ensure!(OsClock.now().0 < end, "the coordinators do not load");
            OsClock.sleep(std::time::Duration::from_millis(5));
        }
    }
}

fn group_id(group: &str) -> GroupId {
    GroupId(text(group))
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

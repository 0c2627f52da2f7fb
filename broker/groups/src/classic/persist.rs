//! A group as a record: what is written when a generation settles, and what a load makes of it.
//!
//! A loaded group is stable with the members of the record, each with the one protocol that was
//! chosen; who does not show up within a session is out. Between two records the newest one is the
//! truth on disk, whatever happened here since: it is what a re-append writes again.

use std::sync::Arc;

use broker_coordinator::{Record, ReplayError};
use bytes::Bytes;

use super::{
    group::{Context, Group},
    member::Member,
    request::Protocol,
    state::State,
};
use crate::{
    group::GroupId,
    records::{
        RECORD_BYTES_MAX,
        group_metadata::{self, GroupMetadata, MemberMetadata},
    },
};

impl Group {
    /// Writes the group down as it is. `false` if it is too large for that; nothing is written.
    pub(super) fn persist(&mut self, cx: &mut Context<'_>) -> bool {
        let record = group_metadata::record(&self.id, &self.to_metadata());
        let bytes = record.size();
        if bytes > RECORD_BYTES_MAX {
            tracing::warn!(group = %self.id, bytes, "the group is too large for a record");
            return false;
        }
        self.persisted.clone_from(&record.value);
        cx.out.records.push(record);
        true
    }

    /// Its newest record, for a re-append. `None` if there is none that is true.
    #[must_use]
    pub(crate) fn live_record(&self) -> Option<Record> {
        let value = self.persisted.clone()?;
        Some(Record { value: Some(value), ..group_metadata::tombstone(&self.id) })
    }

    /// The group that a record describes; sessions begin with [`Group::after_load`].
    ///
    /// # Errors
    /// The value cannot be understood.
    pub(crate) fn load(id: GroupId, value: &Bytes) -> Result<Self, ReplayError> {
        let metadata = group_metadata::decode_value(value)?;
        let mut group = Self::simple(id);
        group.persisted = Some(Bytes::copy_from_slice(value));
        group.generation = metadata.generation;
        group.since = metadata.state_since;
        group.protocol_type = Some(metadata.protocol_type).filter(|kind| !kind.is_empty());
        group.protocol = metadata.protocol;
        for member in metadata.members {
            let known = member
                .instance_id
                .as_ref()
                .is_some_and(|id| group.members.by_instance(id).is_some());
            if known || group.members.get(&member.member_id).is_some() {
                let why = format!("member {} is there twice", member.member_id);
                return Err(ReplayError { what: "GroupMetadataValue", why });
            }
            let protocol = group.protocol.clone().unwrap_or_default();
            group.members.insert(loaded(member, protocol));
        }
        if !group.members.is_empty() {
            group.state = State::Stable;
        }
        if let Some(leader) = metadata.leader {
            group.members.set_leader(&leader);
        }
        group.reckon_topics();
        Ok(group)
    }

    /// The whole log was read: sessions begin now.
    pub(crate) fn after_load(&mut self, cx: &mut Context<'_>) {
        for id in self.members.ids() {
            self.renew_session(&id, cx);
        }
        // `group.max.size` may have been lowered.
        let size_max = usize::try_from(cx.config.size_max).unwrap_or(usize::MAX);
        if self.state == State::Stable && self.members.len() > size_max {
            self.prepare_rebalance("the group is over its maximum size", cx);
        }
    }

    fn to_metadata(&self) -> GroupMetadata {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let members = self.members.iter().map(|member| MemberMetadata {
            member_id: Arc::clone(&member.id),
            instance_id: member.instance_id.clone(),
            client_id: Arc::clone(&member.client_id),
            client_host: Arc::clone(&member.client_host),
            rebalance_timeout_ms: member.rebalance_timeout_ms,
            session_timeout_ms: member.session_timeout_ms,
            subscription: member.metadata(protocol),
            assignment: member.assignment.clone(),
        });
        GroupMetadata {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.members.leader().cloned(),
            state_since: self.since,
            members: members.collect(),
        }
    }
}

fn loaded(member: MemberMetadata, protocol: Arc<str>) -> Member {
    Member {
        id: member.member_id,
        instance_id: member.instance_id,
        client_id: member.client_id,
        client_host: member.client_host,
        rebalance_timeout_ms: member.rebalance_timeout_ms.max(0),
        session_timeout_ms: member.session_timeout_ms.max(0),
        protocols: vec![Protocol { name: protocol, metadata: member.subscription }],
        assignment: member.assignment,
        joining: None,
        syncing: None,
        is_new: false,
        expires: None,
    }
}

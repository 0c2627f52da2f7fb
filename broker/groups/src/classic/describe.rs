//! A group as tools see it: DescribeGroups.

use std::sync::Arc;

use bytes::Bytes;

use super::{group::Group, state::State};

/// DescribeGroups for one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub state: &'static str,
    /// Empty for a group without a protocol.
    pub protocol_type: Arc<str>,
    /// Of a stable group.
    pub protocol: Option<Arc<str>>,
    pub members: Vec<DescribedMember>,
}

/// A member in [`Described`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedMember {
    pub id: Arc<str>,
    pub instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    pub client_host: Arc<str>,
    /// What it said under the protocol of a stable group; else empty (trap 79).
    pub metadata: Bytes,
    pub assignment: Bytes,
}

impl Group {
    #[must_use]
    pub fn describe(&self) -> Described {
        let protocol = self.protocol.clone().filter(|_| self.state == State::Stable);
        let members = self.members.iter().map(|member| DescribedMember {
            id: Arc::clone(&member.id),
            instance_id: member.instance_id.clone(),
            client_id: Arc::clone(&member.client_id),
            client_host: Arc::clone(&member.client_host),
            metadata: protocol.as_ref().map(|name| member.metadata(name)).unwrap_or_default(),
            assignment: member.assignment.clone(),
        });
        Described {
            state: self.state.name(),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            members: members.collect(),
            protocol,
        }
    }
}

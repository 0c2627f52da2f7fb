//! What ConsumerGroupDescribe shows of a group.

use super::config::ConsumerConfig;
use super::group::Group;
use super::member::MemberId;
use super::partitions::Partitions;
use super::state::GroupState;

/// A group as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub state: GroupState,
    pub epoch: i32,
    pub target_epoch: i32,
    pub assignor: String,
    /// In the order of their ids.
    pub members: Vec<DescribedMember>,
}

/// A member as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedMember {
    pub id: MemberId,
    pub instance: Option<String>,
    pub rack: Option<String>,
    pub epoch: i32,
    pub client_id: String,
    pub client_host: String,
    pub topics: Vec<String>,
    pub regex: Option<String>,
    /// What it owns, what it must give up included.
    pub assigned: Partitions,
    pub target: Partitions,
    pub is_classic: bool,
}

impl Group {
    #[must_use]
    pub fn describe(&self, config: &ConsumerConfig) -> Described {
        let members = self.members().map(|(id, member)| {
            let (subscription, current) = (&member.subscription, &member.current);
            let owned = current.assigned.iter().chain(current.revoking.iter());
            DescribedMember {
                id: MemberId::clone(id),
                instance: subscription.instance.clone(),
                rack: subscription.rack.clone(),
                epoch: current.epoch,
                client_id: subscription.client_id.clone(),
                client_host: subscription.client_host.clone(),
                topics: subscription.topics.iter().cloned().collect(),
                regex: subscription.regex.clone(),
                assigned: owned.map(|(topic, partition, _)| (topic, partition)).collect(),
                target: self.target_of(id).cloned().unwrap_or_default(),
                is_classic: member.is_classic(),
            }
        });
        Described {
            state: self.state(),
            epoch: self.epoch(),
            target_epoch: self.target_epoch(),
            assignor: self
                .preferred_assignor()
                .unwrap_or_else(|| config.assignor_default().name())
                .to_owned(),
            members: members.collect(),
        }
    }
}

//! From a classic group to a consumer group and back, while members keep their partitions.
//!
//! A classic group becomes a consumer group when the first member of the new protocol joins; its
//! members go on with the old protocol until they join anew. It goes back when the last member of
//! the new protocol is gone. Neither has a moment without owners.

use std::collections::BTreeSet;

use broker_coordinator::Record;
use bytes::Bytes;
use protocol_types::ErrorCode;

use super::group::{Context, Group};
use super::member::{ClassicMember, Current, MemberId, MemberState, Subscription};
use super::partitions::Partitions;
use super::refusal::Refusal;
use super::timers::Timer;
use super::topics;
use crate::classic;
use crate::consumer_protocol::{self, PROTOCOL_TYPE};
use crate::group::GroupId;
use crate::records::{RECORD_BYTES_MAX, consumer as records};

/// A group as it goes back to the classic protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Downgraded {
    pub(crate) generation: i32,
    /// In the order of their ids.
    pub(crate) members: Vec<DowngradedMember>,
}

/// One of its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DowngradedMember {
    pub(crate) id: MemberId,
    pub(crate) instance: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) rebalance_timeout_ms: i32,
    pub(crate) session_timeout_ms: i32,
    pub(crate) protocols: Vec<(String, Bytes)>,
    /// Its target, as a leader would have written it.
    pub(crate) assignment: Bytes,
}

fn cannot(id: &GroupId, why: &str) -> Refusal {
    Refusal::new(
        ErrorCode::GroupIdNotFound,
        format!("Cannot upgrade classic group {id} to consumer group because {why}."),
    )
}

/// The consumer group that a classic group with members becomes. The classic group is as it was;
/// the caller buries it.
///
/// # Errors
/// GROUP_ID_NOT_FOUND: the policy, the group's protocol or its members stand against it.
pub(crate) fn upgrade(
    from: &classic::Group,
    cx: &Context<'_>,
    out: &mut Vec<Record>,
) -> Result<Group, Refusal> {
    let id = from.id();
    let size_max = usize::try_from(cx.config.size_max).unwrap_or(usize::MAX);
    if !cx.config.migration.may_upgrade() {
        return Err(cannot(id, "online upgrade is disabled"));
    }
    if from.protocol_type().is_none_or(|kind| &**kind != PROTOCOL_TYPE) {
        return Err(cannot(id, "the group does not use the consumer embedded protocol"));
    }
    if from.member_count() > size_max {
        return Err(cannot(id, "the group size exceeds the consumer group maximum size"));
    }
    let mut group = Group::new(GroupId::clone(id));
    group.epoch = from.generation();
    group.target_epoch = from.generation();
    let mut discard = Vec::new();
    let mut taken = Partitions::default();
    for member in from.members() {
        let (subscription, mut assigned) = take_over(from, member, cx)?;
        let id = MemberId::clone(&member.id);
        let session = u64::try_from(member.session_timeout_ms).unwrap_or(0);
        // A leader's mistake must not give a partition two owners.
        assigned = assigned.iter().filter(|(topic, part)| taken.insert(*topic, *part)).collect();
        let record = records::member(&group.id, &id, &subscription);
        if record.size() > RECORD_BYTES_MAX || !assigned.fit_record() {
            return Err(cannot(&group.id, "a member does not fit into a record"));
        }
        let epoch = from.generation();
        let current = Current {
            epoch,
            previous_epoch: epoch,
            state: MemberState::Stable,
            assigned: assigned.iter().map(|(topic, part)| (topic, part, epoch)).collect(),
            ..Current::default()
        };
        group.install_subscription(&id, subscription);
        group.put_target(&id, assigned, &mut discard);
        group.put_current(&id, current, &mut discard);
        group.timers.set(&id, Timer::Session, cx.now.after_millis(session));
    }
    let names: BTreeSet<String> =
        group.members.values().flat_map(|member| member.subscription.topics.clone()).collect();
    group.metadata_hash = topics::hash(cx.topics, &names);
    group.live_records(&mut |record| out.push(record));
    Ok(group)
}

/// What a classic member said of itself, and what its leader gave it.
fn take_over(
    from: &classic::Group,
    member: &classic::Member,
    cx: &Context<'_>,
) -> Result<(Subscription, Partitions), Refusal> {
    let malformed = || cannot(from.id(), "the embedded consumer protocol is malformed");
    let (named, own_data) =
        consumer_protocol::assignment(&member.assignment).ok_or_else(malformed)?;
    if own_data {
        return Err(cannot(
            from.id(),
            "an unsupported custom assignor is in use. Please refer to the documentation or switch \
             to a default assignor before re-attempting the upgrade",
        ));
    }
    // Between a member's JoinGroup and the end of the rebalance no protocol is chosen.
    let chosen = from.protocol().map(|name| member.metadata(name));
    let first = || member.protocols.first().map(|protocol| protocol.metadata.clone());
    let metadata = chosen.filter(|bytes| !bytes.is_empty()).or_else(first).unwrap_or_default();
    let told = consumer_protocol::subscription(&metadata).ok_or_else(malformed)?;
    let protocols = member.protocols.iter();
    let subscription = Subscription {
        instance: member.instance_id.as_ref().map(ToString::to_string),
        rack: told.rack.filter(|rack| !rack.is_empty()),
        client_id: member.client_id.to_string(),
        client_host: member.client_host.to_string(),
        topics: told.topics,
        regex: None,
        rebalance_timeout_ms: member.rebalance_timeout_ms,
        assignor: None,
        classic: Some(ClassicMember {
            session_timeout_ms: member.session_timeout_ms,
            protocols: protocols
                .map(|protocol| (protocol.name.to_string(), protocol.metadata.clone()))
                .collect(),
        }),
    };
    Ok((subscription, consumer_protocol::by_id(cx.topics, &named)))
}

/// The classic group that a consumer group becomes without `leaving`; every other member speaks the
/// classic protocol. Buries the consumer group.
pub(crate) fn downgrade(
    group: &Group,
    cx: &Context<'_>,
    leaving: &BTreeSet<MemberId>,
    out: &mut Vec<Record>,
) -> Downgraded {
    group.bury(out);
    let staying = group.members.iter().filter(|(id, _)| !leaving.contains(*id));
    let members = staying
        .filter_map(|(id, member)| go_back(cx, id, &member.subscription, group.target.get(id)));
    Downgraded { generation: group.epoch, members: members.collect() }
}

/// A member as it goes back, with its target; `None` for one of the new protocol.
pub(super) fn go_back(
    cx: &Context<'_>,
    id: &MemberId,
    subscription: &Subscription,
    target: Option<&Partitions>,
) -> Option<DowngradedMember> {
    let classic = subscription.classic.as_ref()?;
    let metadata = classic.protocols.first().map(|(_, metadata)| metadata);
    let told = metadata.and_then(|metadata| consumer_protocol::subscription(metadata));
    let none = Partitions::default();
    let target = target.unwrap_or(&none);
    let version = told.map_or(0, |told| told.version);
    Some(DowngradedMember {
        id: MemberId::clone(id),
        instance: subscription.instance.clone(),
        client_id: subscription.client_id.clone(),
        client_host: subscription.client_host.clone(),
        rebalance_timeout_ms: subscription.rebalance_timeout_ms,
        session_timeout_ms: classic.session_timeout_ms,
        protocols: classic.protocols.clone(),
        assignment: consumer_protocol::write_assignment(cx.topics, version, target),
    })
}

impl DowngradedMember {
    /// What it takes in the group's record, at most.
    fn record_bytes(&self) -> usize {
        /// Lengths and times.
        const OVERHEAD: usize = 32;
        let said = self.protocols.iter().map(|(_, metadata)| metadata.len()).max();
        OVERHEAD
            + self.id.len()
            + self.instance.as_ref().map_or(0, String::len)
            + self.client_id.len()
            + self.client_host.len()
            + said.unwrap_or(0)
            + self.assignment.len()
    }
}

impl Group {
    /// Whether the group goes back to the classic protocol when `leaving` are gone, with `arriving`
    /// in their place: everybody else speaks it, the policy and the size allow it, and the group
    /// fits into the one record that a classic group has.
    pub(super) fn may_become_classic(
        &self,
        cx: &Context<'_>,
        leaving: &BTreeSet<MemberId>,
        arriving: Option<DowngradedMember>,
    ) -> bool {
        /// The ids of group and leader, and the names of type and protocol.
        const HEAD_BYTES: usize = 3 * 32_767 + 64;
        if !cx.config.migration.may_downgrade() || !self.all_classic_but(leaving) {
            return false;
        }
        let staying = self.members.iter().filter(|(id, _)| !leaving.contains(*id));
        let staying = staying
            .filter_map(|(id, member)| go_back(cx, id, &member.subscription, self.target.get(id)));
        let (mut members, mut bytes) = (0u32, HEAD_BYTES);
        for member in staying.chain(arriving) {
            members = members.saturating_add(1);
            bytes = bytes.saturating_add(member.record_bytes());
        }
        let fits = bytes as u64 <= RECORD_BYTES_MAX;
        (1..=cx.config.classic_size_max).contains(&members) && fits
    }

    /// # Errors
    /// INCONSISTENT_GROUP_PROTOCOL: groups do not change protocol here, in either direction.
    pub(crate) fn check_classic_may_join(&self, cx: &Context<'_>) -> Result<(), Refusal> {
        if cx.config.migration != super::config::MigrationPolicy::Disabled {
            return Ok(());
        }
        Err(Refusal::new(
            ErrorCode::InconsistentGroupProtocol,
            format!(
                "Cannot join the consumer group {} with the classic protocol because the group \
                 migration is disabled.",
                self.id
            ),
        ))
    }
}

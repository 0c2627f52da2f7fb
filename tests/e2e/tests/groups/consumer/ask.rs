//! A member of a consumer group as a test writes it down.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use broker_env::{Clock, OsClock};
use protocol_types::ErrorCode;
use protocol_wire::messages::consumer_group_describe_response::DescribedGroup;
use protocol_wire::messages::consumer_group_heartbeat_request::TopicPartitions;
use protocol_wire::messages::{
    ConsumerGroupDescribeRequest, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
    FindCoordinatorRequest, GroupId, StrBytes, TopicName,
};
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;
use uuid::Uuid;

/// How long a test asks again before it gives up.
pub(super) struct Patience(u64);

impl Patience {
    pub(super) fn new() -> Self {
        Self(OsClock.now().0 + 30_000_000_000)
    }

    /// Waits a little; an error once it was long enough.
    pub(super) fn wait(&self, what: impl Display) -> Result<()> {
        ensure!(OsClock.now().0 < self.0, "waited too long: {what}");
        OsClock.sleep(Duration::from_millis(20));
        Ok(())
    }
}

pub(super) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub(super) fn group_id(group: &str) -> GroupId {
    GroupId(text(group))
}

/// A client of a broker whose coordinator serves.
pub(super) fn client(broker: &Broker) -> Result<Client> {
    let mut client = Client::connect(broker.kafka())?;
    let request = FindCoordinatorRequest::default().with_coordinator_keys(vec![text("g")]);
    let patience = Patience::new();
    loop {
        let answer = client.call(4, &request)?;
        let found = answer.coordinators.first().context("no coordinator")?;
        if found.error_code == 0 {
            describe(&mut client, 0)?;
            return Ok(client);
        }
        patience.wait(format_args!("no coordinator: error {}", found.error_code))?;
    }
}

/// One member of group "g", subscribed to topic "t" of `partitions` partitions.
pub(super) struct Member {
    pub(super) client: Client,
    pub(super) id: String,
    pub(super) epoch: i32,
    pub(super) owned: BTreeSet<i32>,
    pub(super) instance: Option<String>,
    pub(super) topic: Uuid,
}

impl Member {
    pub(super) fn new(broker: &Broker, id: &str) -> Result<Self> {
        let mut client = client(broker)?;
        let metadata = client.metadata("t")?;
        let topic = metadata.topics.first().context("no topic")?.topic_id;
        let (owned, instance) = (BTreeSet::new(), None);
        Ok(Self { client, id: id.to_owned(), epoch: 0, owned, instance, topic })
    }

    pub(super) fn request(&self) -> ConsumerGroupHeartbeatRequest {
        let owned = TopicPartitions::default()
            .with_topic_id(self.topic)
            .with_partitions(self.owned.iter().copied().collect());
        let owned = if self.owned.is_empty() { Vec::new() } else { vec![owned] };
        let request = ConsumerGroupHeartbeatRequest::default()
            .with_group_id(group_id("g"))
            .with_member_id(text(&self.id))
            .with_member_epoch(self.epoch)
            .with_instance_id(self.instance.as_deref().map(text))
            .with_topic_partitions(Some(owned))
            .with_subscribed_topic_names(None)
            .with_subscribed_topic_regex(None);
        if self.epoch != 0 {
            return request;
        }
        request
            .with_rebalance_timeout_ms(60_000)
            .with_subscribed_topic_names(Some(vec![TopicName(text("t"))]))
    }

    /// Sends one heartbeat, again while the coordinator loads, and does what the answer says.
    pub(super) fn beat(&mut self) -> Result<ConsumerGroupHeartbeatResponse> {
        const COORDINATOR_LOAD_IN_PROGRESS: i16 = 14;
        let request = self.request();
        let patience = Patience::new();
        let mut answer = self.client.call(1, &request)?;
        while answer.error_code == COORDINATOR_LOAD_IN_PROGRESS {
            patience.wait("the coordinator loads")?;
            answer = self.client.call(1, &request)?;
        }
        if answer.error_code == 0 {
            self.epoch = answer.member_epoch;
            if let Some(assignment) = &answer.assignment {
                let topics = assignment.topic_partitions.iter();
                let of_topic = topics.filter(|topic| topic.topic_id == self.topic);
                self.owned = of_topic.flat_map(|topic| topic.partitions.clone()).collect();
            }
        }
        Ok(answer)
    }

    /// The same, which must be accepted.
    pub(super) fn ok(&mut self) -> Result<ConsumerGroupHeartbeatResponse> {
        let answer = self.beat()?;
        let (code, why) = (answer.error_code, &answer.error_message);
        ensure!(code == 0, "{} refused: error {code}, {why:?}", self.id);
        Ok(answer)
    }

    pub(super) fn leave(&mut self, epoch: i32) -> Result<ConsumerGroupHeartbeatResponse> {
        let request = self.request().with_member_epoch(epoch).with_topic_partitions(None);
        self.client.call(1, &request)
    }
}

/// Heartbeats of all members in turn until the group is stable and all partitions are owned.
pub(super) fn settle(members: &mut [&mut Member], partitions: usize) -> Result<()> {
    let patience = Patience::new();
    loop {
        for member in &mut *members {
            member.ok()?;
        }
        let mut all = BTreeSet::new();
        for index in members.iter().flat_map(|member| &member.owned) {
            ensure!(all.insert(*index), "partition {index} has two owners");
        }
        let first = members.first_mut().context("no members")?;
        let group = describe(&mut first.client, 1)?;
        if all.len() == partitions && group.group_state.as_str() == "Stable" {
            return Ok(());
        }
        patience.wait(format_args!("not settled: {group:?}"))?;
    }
}

/// The group as soon as its coordinator has loaded: one that was found may still be reading its log.
pub(super) fn describe(client: &mut Client, version: i16) -> Result<DescribedGroup> {
    let request = ConsumerGroupDescribeRequest::default().with_group_ids(vec![group_id("g")]);
    let patience = Patience::new();
    loop {
        let answer = client.call(version, &request)?;
        let group = answer.groups.into_iter().next().context("no group in the answer")?;
        if group.error_code != ErrorCode::CoordinatorLoadInProgress as i16 {
            return Ok(group);
        }
        patience.wait("the coordinator loads")?;
    }
}

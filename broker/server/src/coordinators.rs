//! The coordinators of this broker: built from its parts, and as handlers reach them.
//!
//! Each keeps its records in an internal topic, which comes to be when the first client asks who
//! coordinates its group. What a coordinator decides is its machine's business.

use std::sync::Arc;

use broker_controller::{Controller, commands::create_topics::CreateTopics};
use broker_coordinator::{Coordinator, CoordinatorError, Parts, ShardIndex};
use broker_env::Clock;
use broker_groups::{
    Ask, GroupConfig, GroupMachine,
    consumer::{ConsumerConfig, MigrationPolicy, assignors::Assignor},
};
use broker_partitions::{Partitions, TopicLog};
use config::{BrokerConfig, GroupSettings};
use protocol_types::{ErrorCode, topic_name};

use crate::{blocking, broker::Broker, on_demand};

/// See the module's documentation. Clones share them.
#[derive(Clone, Debug)]
pub struct Coordinators {
    pub(crate) groups: Coordinator<GroupMachine>,
}

impl Coordinators {
    /// Starts them on the current runtime. Must follow on whoever makes `partitions` follow the
    /// metadata, and precede the first request.
    #[must_use]
    pub fn start(
        config: &BrokerConfig,
        clock: &Arc<dyn Clock>,
        controller: &Controller,
        partitions: &Arc<Partitions>,
    ) -> Self {
        let settings = Arc::new(group_config(&config.groups));
        let parts = Parts {
            topic: topic_name::CONSUMER_OFFSETS,
            log: Arc::new(TopicLog::new(Arc::clone(partitions), topic_name::CONSUMER_OFFSETS)),
            clock: Arc::clone(clock),
            make: Box::new(move |_, image| {
                GroupMachine::new(Arc::clone(&settings), Arc::clone(image))
            }),
        };
        let groups = Coordinator::start(parts, controller.image());
        let follower = groups.clone();
        controller.on_change(move |image, delta| follower.image_changed(image, delta));
        Self { groups }
    }

    /// Refuses what waits and what comes: clients look for another coordinator. What was decided is
    /// still answered.
    pub fn stop(&self) {
        self.groups.stop();
    }

    /// Asks one shard of the groups' coordinator.
    ///
    /// # Errors
    /// When it cannot answer now, or not here.
    pub(crate) async fn ask_shard<A: Ask>(
        &self,
        shard: ShardIndex,
        ask: A,
    ) -> Result<A::Answer, CoordinatorError> {
        let reply = self.groups.call(shard, ask.request()).await?;
        A::answer(reply).ok_or(CoordinatorError::NotAvailable)
    }

    /// Ends their tasks; after the ring log was shut down.
    pub fn end(&self) {
        self.groups.end();
    }
}

fn group_config(settings: &GroupSettings) -> GroupConfig {
    GroupConfig {
        session_timeout_ms_min: settings.session_timeout_min_ms,
        session_timeout_ms_max: settings.session_timeout_max_ms,
        initial_rebalance_delay_ms: settings.initial_rebalance_delay_ms,
        size_max: settings.size_max,
        offset_metadata_max: settings.offset_metadata_max,
        offsets_retention_ms: u64::from(settings.offsets_retention_minutes) * 60_000,
        offsets_retention_check_ms: settings.offsets_retention_check_ms,
        consumer: ConsumerConfig {
            size_max: settings.consumer_size_max,
            classic_size_max: settings.size_max,
            assignors: settings
                .consumer_assignors
                .iter()
                .filter_map(|name| Assignor::named(name))
                .collect(),
            migration: MigrationPolicy::named(&settings.consumer_migration_policy)
                .unwrap_or_default(),
            ..ConsumerConfig::default()
        },
    }
}

impl Broker {
    /// Asks the coordinator of `group`.
    pub(crate) async fn ask_group<A: Ask>(
        &self,
        group: &str,
        ask: A,
    ) -> Result<A::Answer, ErrorCode> {
        let reply = self.coordinators.groups.call_for(group, ask.request()).await;
        let reply = reply.map_err(CoordinatorError::code)?;
        A::answer(reply).ok_or(ErrorCode::UnknownServerError)
    }

    /// Creates the offsets topic if it does not exist. Answers whether it does now.
    pub(crate) async fn ensure_offsets_topic(self: &Arc<Self>) -> bool {
        if self.coordinators.groups.shards() > 0 {
            return true;
        }
        let create = CreateTopics {
            topics: vec![on_demand::offsets_topic(&self.config.groups)],
            validate_only: false,
        };
        let created = blocking::submit(self, create).await;
        let outcome = created.map(|outcome| outcome.into_iter().map(|(_, created)| created));
        match outcome.map(|mut outcome| outcome.next()) {
            Ok(Some(Err(error))) if error.code != ErrorCode::TopicAlreadyExists => {
                tracing::error!(topic = topic_name::CONSUMER_OFFSETS, %error, "the topic cannot be created");
            }
            Err(error) => {
                tracing::error!(topic = topic_name::CONSUMER_OFFSETS, %error, "the topic cannot be created");
            }
            Ok(_) => {}
        }
        self.coordinators.groups.shards() > 0
    }
}

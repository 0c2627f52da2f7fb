//! Groups of the consumer protocol in the table of groups: who gets one, who loses one, and the
//! change from one protocol to the other.

use std::sync::Arc;

use broker_coordinator::{Now, Origin, Outcome, Record, ReplayError};
use broker_metadata::Delta;
use protocol_types::ErrorCode;

use super::GroupMachine;
use crate::consumer::{
    self, Beat, ConsumerConfig, Context, Described, Heartbeat, Refusal, Replayed,
};
use crate::group::{Group, GroupId};
use crate::records::consumer as records;
use crate::request::Reply;

/// Where a heartbeat finds its group.
enum Found {
    Known,
    /// It was not there, or is a classic group that gives way; put there once the heartbeat is
    /// accepted.
    New(Box<consumer::Group>, Vec<Record>),
}

impl GroupMachine {
    /// The broker's settings, with the times in effect for the group.
    pub(super) fn consumer_config(&self, id: &str) -> ConsumerConfig {
        self.config.consumer.with(self.image.group_times(id))
    }

    pub(super) fn consumer_heartbeat(
        &mut self,
        now: Now,
        request: &Heartbeat,
        out: &mut Outcome<Reply>,
    ) -> Result<Beat, Refusal> {
        let config = self.consumer_config(&request.group);
        request.validate(&config)?;
        let image = Arc::clone(&self.image);
        let cx = Context { now, topics: &*image, config: &config };
        let (beat, aftermath) = match self.find_or_create(&cx, request)? {
            Found::Known => {
                let Some(Group::Consumer(group)) = self.groups.get_mut(&request.group) else {
                    return Err(not_found(&request.group));
                };
                consumer::heartbeat(group, &cx, request, &mut out.records)?
            }
            Found::New(mut group, mut records) => {
                let done = consumer::heartbeat(&mut group, &cx, request, &mut records)?;
                // Whoever waits in the classic group joins again, and finds this one.
                self.retire_classic(now, &request.group, out);
                out.records.append(&mut records);
                self.groups.insert(Arc::clone(&request.group), Group::Consumer(group));
                done
            }
        };
        self.settle_aftermath(now, &request.group, &aftermath, out);
        Ok(beat)
    }

    fn find_or_create(&self, cx: &Context<'_>, request: &Heartbeat) -> Result<Found, Refusal> {
        let id = &request.group;
        let new = || Box::new(consumer::Group::new(GroupId::clone(id)));
        match self.groups.get(id) {
            Some(Group::Consumer(_)) => Ok(Found::Known),
            None if request.joins() => Ok(Found::New(new(), Vec::new())),
            Some(group @ Group::Classic(classic)) if request.joins() => {
                let mut records = Vec::new();
                group.tombstones(&mut records);
                let group = if classic.is_empty() {
                    new()
                } else {
                    Box::new(consumer::upgrade(classic, cx, &mut records)?)
                };
                Ok(Found::New(group, records))
            }
            Some(Group::Classic(_)) => Err(not_a_consumer_group(id)),
            None => Err(not_found(id)),
        }
    }

    pub(super) fn consumer_describe(&self, id: &GroupId) -> Result<Described, Refusal> {
        match self.groups.get(id) {
            Some(Group::Consumer(group)) => Ok(group.describe(&self.consumer_config(id))),
            Some(Group::Classic(_)) => Err(not_a_consumer_group(id)),
            None => Err(not_found(id)),
        }
    }

    /// Fences the members of a consumer group whose time is over.
    pub(super) fn consumer_deadline(&mut self, now: Now, id: &GroupId, out: &mut Outcome<Reply>) {
        let config = self.consumer_config(id);
        let image = Arc::clone(&self.image);
        let cx = Context { now, topics: &*image, config: &config };
        let Some(Group::Consumer(group)) = self.groups.get_mut(id) else { return };
        let aftermath = consumer::on_deadline(group, &cx, &mut out.records);
        self.settle_aftermath(now, id, &aftermath, out);
    }

    pub(super) fn replay_consumer(
        &mut self,
        origin: Origin,
        record: &Record,
    ) -> Result<(), ReplayError> {
        let read = records::decode(record)?;
        let id = GroupId::from(read.group);
        let known = matches!(self.groups.get(&id), Some(Group::Consumer(_)));
        if origin == Origin::Own {
            // Everything but the end of a group was done when it was decided.
            if known && read.fact == records::Fact::Group(None) {
                self.groups.remove(&id);
                self.settle(&id);
            }
            return Ok(());
        }
        if !known {
            if record.value.is_none() {
                return Ok(());
            }
            let new = Box::new(consumer::Group::new(GroupId::clone(&id)));
            self.groups.insert(GroupId::clone(&id), Group::Consumer(new));
        }
        if let Some(Group::Consumer(group)) = self.groups.get_mut(&id)
            && group.replay(read.fact) == Replayed::Gone
        {
            self.groups.remove(&id);
        }
        Ok(())
    }

    /// Every record was replayed.
    pub(super) fn consumers_loaded(&mut self, now: Now) {
        let Self { groups, config, image, .. } = self;
        for (id, group) in groups.iter_mut() {
            let Group::Consumer(group) = group else { continue };
            group.loaded(now, &config.consumer.with(image.group_times(id)));
        }
    }

    /// Topics changed: groups look at them when their next member comes.
    pub(super) fn consumers_see(&mut self, delta: &Delta) {
        if delta.created.is_empty() && delta.deleted.is_empty() && delta.grown.is_empty() {
            return;
        }
        for group in self.groups.values_mut() {
            if let Group::Consumer(group) = group {
                group.topics_changed();
            }
        }
    }
}

fn not_a_consumer_group(id: &str) -> Refusal {
    Refusal::new(ErrorCode::GroupIdNotFound, format!("Group {id} is not a consumer group."))
}

fn not_found(id: &str) -> Refusal {
    Refusal::new(ErrorCode::GroupIdNotFound, format!("Group {id} not found."))
}

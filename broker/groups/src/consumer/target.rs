//! The target assignment: computed for the whole group when its epoch rose, at most once an interval
//! (KIP-1263), so that a hundred members that join together are assigned once.

use broker_coordinator::Record;

use super::assignors::{GroupSpec, MemberSpec};
use super::group::{Context, Group};
use super::topics;
use crate::records::consumer as records;

impl Group {
    /// Computes the target for the group's epoch, if it is due.
    pub(super) fn refresh_target(&mut self, cx: &Context<'_>, out: &mut Vec<Record>) {
        let now_ms = cx.now.wall.0;
        let interval_ms = i64::from(cx.config.assignment_interval_ms);
        let rests = self.target_at_ms != 0
            && interval_ms != 0
            && now_ms < self.target_at_ms.saturating_add(interval_ms)
            // A clock that was set back must not stop assignments.
            && now_ms >= self.target_at_ms;
        if self.target_epoch >= self.epoch || rests {
            return;
        }
        let assigned = self.assignor(cx.config).assign(&self.spec(cx));
        let ids: Vec<_> = self.members.keys().cloned().collect();
        for (id, mut partitions) in ids.iter().zip(assigned) {
            if !partitions.fit_record() {
                let (group, member) = (&*self.id, &**id);
                tracing::warn!(
                    group,
                    member,
                    "partitions are assigned to nobody: a record is full"
                );
            }
            self.put_target(id, partitions, out);
        }
        self.target_epoch = self.epoch;
        self.target_at_ms = now_ms;
        out.push(records::target_epoch(&self.id, self.target_epoch, self.target_at_ms));
    }

    fn spec(&self, cx: &Context<'_>) -> GroupSpec<'_> {
        let mut spec = GroupSpec::default();
        for (id, member) in &self.members {
            let subscribed = topics::ids(cx.topics, &self.names_of(&member.subscription));
            for topic in subscribed.iter().filter_map(|topic| cx.topics.by_id(*topic)) {
                spec.topics.insert(topic.id, topic.partitions);
            }
            spec.members.push(MemberSpec {
                id,
                instance: member.subscription.instance.as_deref(),
                topics: subscribed,
                assigned: self.target.get(id),
            });
        }
        spec
    }
}

//! What a run of records touched, in one image.
//!
//! Records of one command follow each other on the same things: a topic is created, grown and
//! configured. Whoever follows is told the outcome, once for each thing: what was created is neither
//! grown nor configured, and what came and went within the run was never there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol_types::{BrokerId, TopicId};

use super::{Image, TopicImage};
use crate::delta::Delta;

/// What a run of records touched; becomes a [`Delta`] once all are applied.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) created: BTreeSet<TopicId>,
    pub(super) deleted: Vec<Arc<TopicImage>>,
    pub(super) grown: BTreeMap<TopicId, u32>,
    pub(super) configured: BTreeSet<TopicId>,
    pub(super) booted: Vec<BrokerId>,
    pub(super) broker_configs: bool,
    pub(super) group_configs: bool,
    pub(super) quotas: bool,
    pub(super) client_metrics: bool,
}

impl Changes {
    pub(super) fn forget(&mut self, deleted: &Arc<TopicImage>) {
        self.configured.remove(&deleted.id);
        self.grown.remove(&deleted.id);
        if !self.created.remove(&deleted.id) {
            self.deleted.push(Arc::clone(deleted));
        }
    }

    pub(super) fn into_delta(self, image: &Image) -> Delta {
        let find = |id: &TopicId| image.topic_by_id(*id).cloned();
        let old = |id: &&TopicId| !self.created.contains(*id);
        Delta {
            created: self.created.iter().filter_map(find).collect(),
            grown: self
                .grown
                .iter()
                .filter(|(id, _)| !self.created.contains(*id))
                .filter_map(|(id, before)| Some((find(id)?, *before)))
                .collect(),
            configured: self.configured.iter().filter(old).filter_map(find).collect(),
            deleted: self.deleted,
            booted: self.booted,
            broker_configs: self.broker_configs,
            group_configs: self.group_configs,
            quotas: self.quotas,
            client_metrics: self.client_metrics,
        }
    }
}

//! Follows the metadata image: hosts what was created, lets go of what was deleted.

use std::sync::{Arc, atomic::Ordering};

use arc_swap::ArcSwap;
use broker_log::{PartitionLog, ProducerTable};
use broker_metadata::{Delta, Image, TopicImage};
use protocol_types::{LocalId, topic_name};

use crate::Partitions;
use crate::hosted::Hosted;
use crate::open::producer_expiry_ms;
use crate::partition::{Hosting, Partition};
use crate::topic::Topic;

/// The log of a partition that is being hosted, and its producers as of its sealed end.
pub(crate) type KnownLog = (PartitionLog, ProducerTable);

impl Partitions {
    /// Makes the hosted partitions what `image` says, given that `delta` is all that changed.
    /// Called in the order of the images, by one caller at a time.
    pub fn apply(&self, image: &Image, delta: &Delta) {
        for topic in &delta.deleted {
            self.let_go(topic);
        }
        let mut fresh = |_| (PartitionLog::new(), ProducerTable::default());
        for topic in &delta.created {
            host(&self.hosted, image, topic, &mut fresh);
        }
        for (topic, _) in &delta.grown {
            host(&self.hosted, image, topic, &mut fresh);
        }
        for topic in &delta.configured {
            if let Some(hosted) = self.hosted.topic_by_id(topic.id) {
                hosted.set_config(Arc::clone(&topic.config));
            }
        }
        if delta.broker_configs {
            self.producer_expiry_ms.store(producer_expiry_ms(image), Ordering::Relaxed);
        }
        if !delta.configured.is_empty() {
            self.sealer.look();
        }
    }

    fn let_go(&self, topic: &TopicImage) {
        let Some(hosted) = self.hosted.topic_by_id(topic.id) else { return };
        for partition in hosted.partitions().iter() {
            let mut state = partition.lock();
            state.hosted = false;
            let dropped = state.log.take_segments();
            // Under the lock and before it leaves the table: a checkpoint without the partition is
            // one whose writer finds it among the dead.
            self.sealer.bury_partition(partition.local_id(), dropped);
        }
        self.hosted.remove_topic(topic.id);
        for partition in hosted.partitions().iter() {
            // Whoever waits for it learns at once that it is gone.
            self.signals.partition_moved(partition.take_waiting(), partition.local_id());
        }
    }
}

/// Hosts the partitions of `topic` that are not hosted yet; `log_of` yields the log of each.
pub(crate) fn host(
    hosted: &Hosted,
    image: &Image,
    topic: &TopicImage,
    log_of: &mut dyn FnMut(LocalId) -> KnownLog,
) {
    let known = hosted.topic_by_id(topic.id);
    let target = known.clone().unwrap_or_else(|| {
        let config = Arc::new(ArcSwap::new(Arc::clone(&topic.config)));
        Arc::new(Topic::new(topic.id, Arc::clone(&topic.name), config))
    });
    let mut partitions = Vec::clone(&target.partitions());
    let before = partitions.len();
    for (id, partition) in topic.iter().skip(before) {
        let hosting = Hosting {
            id,
            local: partition.local_id,
            epoch: image.leader_epoch(partition),
            reserved: topic_name::is_reserved(&topic.name),
            config: Arc::clone(target.shared_config()),
        };
        let (log, sealed_producers) = log_of(partition.local_id);
        partitions.push(Arc::new(Partition::new(hosting, log, sealed_producers)));
    }
    hosted.add_partitions(partitions.iter().skip(before));
    target.set_partitions(partitions);
    if known.is_none() {
        hosted.add_topic(target);
    }
}

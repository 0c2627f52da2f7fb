//! What changed between two images; what followers of the image act on.

use std::sync::Arc;

use protocol_types::BrokerId;

use crate::image::TopicImage;

/// The changes one committed command made, each with the topic as it is afterwards (or was, where
/// it is gone). A topic created and deleted by the same command appears in neither list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    pub created: Vec<Arc<TopicImage>>,
    pub deleted: Vec<Arc<TopicImage>>,
    /// Topics that grew, with the number of partitions they had before.
    pub grown: Vec<(Arc<TopicImage>, u32)>,
    /// Topics whose effective configuration may differ (a broker-level change touches all).
    pub configured: Vec<Arc<TopicImage>>,
    /// Brokers that started.
    pub booted: Vec<BrokerId>,
    /// A dynamic value of a broker or of all brokers changed.
    pub broker_configs: bool,
    /// A value of a group changed.
    pub group_configs: bool,
    /// A client quota changed.
    pub quotas: bool,
    /// A subscription to clients' metrics changed.
    pub client_metrics: bool,
}

impl Delta {
    /// Whether nothing a follower acts on changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

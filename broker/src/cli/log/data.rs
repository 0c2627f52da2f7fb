//! A data directory as the offline commands see it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use broker_controller::{Inspection, LogError};
use broker_env::disk::{Disk, OsDisk};
use broker_metadata::{Image, Record};
use config::{Loader, Profile};
use protocol_types::{BrokerId, LocalId, PartitionIndex};

use crate::cli::error::{CliError, Code};

/// See the module documentation.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) disk: OsDisk,
    pub(super) dir: PathBuf,
}

/// The metadata, replayed.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) inspection: Inspection,
    pub(super) image: Image,
    /// Topic and partition by local id.
    pub(super) partitions: BTreeMap<LocalId, (String, PartitionIndex)>,
}

impl Data {
    pub(super) fn open(dir: &Path) -> Result<Self, CliError> {
        let disk = OsDisk;
        if disk.exists(&dir.join("metadata")).unwrap_or(true) {
            return Ok(Self { disk, dir: dir.to_owned() });
        }
        let message = format!("{} is no data directory of a broker", dir.display());
        Err(CliError::new(Code::DataNotFound, message)
            .hint("give the directory that ringtide server had as --data"))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Reads and replays the metadata.
    pub(super) fn metadata(&self) -> Result<Metadata, CliError> {
        let inspection = broker_controller::inspect(&self.disk, &self.path("metadata"))
            .map_err(|error| refused(&error))?;
        let image = replay(&inspection.records)?;
        let partitions = image
            .topics()
            .flat_map(|topic| {
                topic.iter().map(|(identity, partition)| {
                    (partition.local_id, (topic.name.to_string(), identity.partition))
                })
            })
            .collect();
        Ok(Metadata { inspection, image, partitions })
    }
}

/// Damage is "unhealthy", a broker that has it open is a usage error with its own hint.
fn refused(error: &LogError) -> CliError {
    let code = match error {
        LogError::Locked { .. } => Code::DataInUse,
        LogError::Io { .. } | LogError::Poisoned => Code::Io,
        LogError::Corrupt { .. }
        | LogError::UnknownVersion { .. }
        | LogError::Record { .. }
        | LogError::Snapshot { .. } => Code::Damaged,
    };
    CliError::new(code, error.to_string())
}

fn replay(records: &[Record]) -> Result<Image, CliError> {
    let node = records.iter().find_map(|record| match record {
        Record::BrokerBoot { broker, .. } => Some(*broker),
        Record::ClusterCreated { .. }
        | Record::FeatureLevel { .. }
        | Record::TopicCreated { .. }
        | Record::PartitionsAdded { .. }
        | Record::TopicDeleted { .. }
        | Record::ConfigSet { .. }
        | Record::ConfigRemoved { .. }
        | Record::ProducerIdBlock { .. }
        | Record::LocalIdFloor { .. }
        | Record::ClientQuota { .. } => None,
    });
    let damaged = |error: &dyn std::fmt::Display| {
        CliError::new(Code::Damaged, format!("metadata contradicts itself: {error}"))
    };
    let BrokerId(node) = node.unwrap_or(BrokerId(0));
    let config = Loader::new(Profile::Standard)
        .flag("node.id", &node.to_string())
        .and_then(Loader::build)
        .map_err(|error| CliError::failed(error.to_string()))?;
    let mut image = Image::empty(&config).map_err(|error| damaged(&error))?;
    for record in records {
        image.replay(record).map_err(|error| damaged(&error))?;
    }
    Ok(image)
}

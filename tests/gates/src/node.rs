//! A broker's parts on a disk in memory and a clock that stands still: nothing happens by itself.

use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use broker_controller::commands::Boot;
use broker_controller::commands::create_topics::{CreateTopics, NewTopic};
use broker_controller::{Controller, Parts};
use broker_env::disk::Disk;
use broker_env::sim::MemDisk;
use broker_env::{Clock, ManualClock};
use broker_partitions::{ObserverFactory, Options, Partitions};
use broker_server::{AllowAll, Coordinators, LogLevel, Loggers, ServerDeps};
use broker_wal::{NodeIdentity, WalConfig};
use config::{BrokerConfig, Loader, Profile};
use metrics_exporter_prometheus::PrometheusBuilder;
use protocol_types::FlushPolicy;

use crate::input::{NOW, TOPIC};

/// Bytes of a ring of which no run of a piece comes to half, where sealing would begin.
pub(crate) const RING: u64 = 64 << 20;

/// See the module's documentation.
pub(crate) struct Node {
    pub(crate) config: Arc<BrokerConfig>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) controller: Arc<Controller>,
    pub(crate) partitions: Arc<Partitions>,
}

/// Shows [`NOW`], for ever.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(NOW))
}

impl Node {
    /// With [`TOPIC`], of one partition.
    pub(crate) fn open(flush: FlushPolicy) -> Result<Self> {
        Self::open_on(Arc::new(MemDisk::new()), Path::new("/data"), RING, flush)
    }

    /// The same in `data` of `disk`, with `ring` bytes of ring.
    pub(crate) fn open_on(
        disk: Arc<dyn Disk>,
        data: &Path,
        ring: u64,
        flush: FlushPolicy,
    ) -> Result<Self> {
        install_metrics()?;
        let clock: Arc<dyn Clock> = clock();
        disk.create_dir_all(data)?;
        let config = Arc::new(Loader::new(Profile::Standard).build()?);
        let parts = Parts {
            config: Arc::clone(&config),
            clock: Arc::clone(&clock),
            new_id: Box::new(Parts::random_id),
        };
        let controller =
            Arc::new(Controller::open(Arc::clone(&disk), &data.join("metadata"), parts)?);
        let booted = controller.submit(Boot).map_err(|error| anyhow!("boot: {error}"))?;
        let identity = NodeIdentity { cluster: booted.cluster.0, broker: config.node_id.0 };
        let options = Options {
            disk,
            clock: Arc::clone(&clock),
            data_dir: data.to_path_buf(),
            wal: WalConfig::new(data.join("ring"), ring, 1, identity),
            incarnation: booted.incarnation,
            retention_check: Duration::from_hours(1),
            spare: Duration::from_secs(60),
            observers: ObserverFactory::none(),
            on_poison: Box::new(|error| panic!("the ring failed: {error}")),
        };
        let (partitions, _) = Partitions::open(&controller.image(), options)?;
        let follower = Arc::clone(&partitions);
        controller.on_change(move |image, delta| follower.apply(image, delta));
        let node = Self { config, clock, controller, partitions };
        node.create_topic(flush)?;
        Ok(node)
    }

    /// What a connection works with. Needs a runtime.
    pub(crate) fn server(&self) -> ServerDeps {
        ServerDeps {
            clock: Arc::clone(&self.clock),
            controller: Arc::clone(&self.controller),
            partitions: Arc::clone(&self.partitions),
            coordinators: Coordinators::start(
                &self.config,
                &self.clock,
                &self.controller,
                &self.partitions,
            ),
            authorizer: Arc::new(AllowAll),
            loggers: Arc::new(NoLoggers),
        }
    }

    fn create_topic(&self, flush: FlushPolicy) -> Result<()> {
        let policy = match flush {
            FlushPolicy::Fsync => "fsync",
            FlushPolicy::Async => "async",
        };
        let topic = NewTopic {
            name: TOPIC.to_owned(),
            partitions: Some(1),
            configs: vec![("flush.policy".to_owned(), Some(policy.to_owned()))],
            ..NewTopic::default()
        };
        let command = CreateTopics { topics: vec![topic], validate_only: false };
        let created = self.controller.submit(command).map_err(|error| anyhow!("{error}"))?;
        for (name, result) in created {
            result.map_err(|error| anyhow!("create {name}: {error:?}"))?;
        }
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The ring lies in memory: what is lost with it, nobody misses.
        let _ = self.partitions.shutdown();
    }
}

/// Counters cost what they cost in a broker only where somebody collects them.
fn install_metrics() -> Result<()> {
    static INSTALLED: Once = Once::new();
    let mut result = Ok(());
    INSTALLED.call_once(|| result = PrometheusBuilder::new().install_recorder().map(drop));
    result.context("install the metrics recorder")
}

#[derive(Debug)]
struct NoLoggers;

impl Loggers for NoLoggers {
    fn levels(&self) -> Vec<(String, LogLevel)> {
        Vec::new()
    }

    fn change(&self, _: &[(String, Option<LogLevel>)]) {}
}

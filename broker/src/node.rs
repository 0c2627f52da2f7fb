//! One broker: the only place that builds and connects its parts, in the order they need each
//! other, and stops them in the opposite one.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use broker_controller::commands::Boot;
use broker_controller::{Controller, Parts};
use broker_env::disk::{Disk, OsDisk};
use broker_env::{Clock, process, threads};
use broker_http::Readiness;
use broker_metadata::ClusterId;
use broker_partitions::{ObserverFactory, Options, Partitions, RecoveryReport};
use broker_server::{
    AllowAll, Coordinators, Loggers, RunningServer, Server, ServerDeps, Survey, SurveyDeps,
};
use broker_wal::{NodeIdentity, WalConfig};
use config::{BrokerConfig, Listener};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use protocol_types::FlushPolicy;

use crate::cli::Code;

/// The exit code of a broker whose ring log died: EX_OSERR.
const EXIT_POISONED: u8 = 71;
/// How long a stop waits for requests that are being answered.
const DRAIN: Duration = Duration::from_secs(10);
/// Buckets of every duration, in seconds: 100 µs to 10 s.
const SECONDS: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// A running broker.
#[derive(Debug)]
pub struct Node {
    cluster: ClusterId,
    flush_policy: FlushPolicy,
    partitions: Arc<Partitions>,
    coordinators: Coordinators,
    server: RunningServer,
    http: broker_http::RunningHttp,
    _survey: Survey,
}

impl Node {
    /// Starts everything; when it returns, clients are served.
    ///
    /// # Errors
    /// With the reason and what to do about it.
    pub async fn start(
        config: Arc<BrokerConfig>,
        clock: Arc<dyn Clock>,
        loggers: Arc<dyn Loggers>,
    ) -> anyhow::Result<Self> {
        let metrics = install_metrics()?;
        let disk: Arc<dyn Disk> = Arc::new(OsDisk);
        let dir = &config.data_dir;
        disk.create_dir_all(dir).with_context(|| {
            format!("create the data directory {}; choose another with --data", dir.display())
        })?;
        let parts = Parts {
            config: Arc::clone(&config),
            clock: Arc::clone(&clock),
            new_id: Box::new(Parts::random_id),
        };
        let controller =
            Arc::new(Controller::open(Arc::clone(&disk), &dir.join("metadata"), parts)?);
        let readiness = Readiness::default();
        watch_metadata_log(&controller, &readiness);
        let booted = controller.submit(Boot).map_err(|error| anyhow::anyhow!("{error}"))?;
        let (partitions, report) = {
            let options = options(&config, &disk, &clock, booted.cluster, booted.incarnation);
            Partitions::open(&controller.image(), options)?
        };
        log_recovery(&report, dir);
        let follower = Arc::clone(&partitions);
        controller.on_change(move |image, delta| follower.apply(image, delta));
        let coordinators = Coordinators::start(&config, &clock, &controller, &partitions);
        let flush_policy = config::TopicConfig::resolve(
            "",
            &std::collections::BTreeMap::new(),
            controller.image().layers(),
        )?
        .flush_policy;

        let deps = ServerDeps {
            clock: Arc::clone(&clock),
            controller: Arc::clone(&controller),
            partitions: Arc::clone(&partitions),
            coordinators: coordinators.clone(),
            authorizer: Arc::new(AllowAll),
            loggers,
        };
        // Clients are served last: nothing behind it fails, so that nobody is answered by a broker
        // that does not come up.
        let http = broker_http::bind(&config.http_bind).await?;
        let server = Server::start(Arc::clone(&config), deps).await?;
        let survey = SurveyDeps {
            config: Arc::clone(&config),
            clock,
            disk,
            controller,
            partitions: Arc::clone(&partitions),
            coordinators: coordinators.clone(),
        };
        let survey = Survey::start(survey, &server);
        let http = http.serve(metrics, survey.reader(), readiness);
        let cluster = booted.cluster;
        Ok(Self { cluster, flush_policy, partitions, coordinators, server, http, _survey: survey })
    }

    /// Stops taking requests, finishes those under way, writes and syncs what was appended.
    ///
    /// # Errors
    /// When the last write fails.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.http.stop_being_ready();
        // Members that wait for their group are told first: the drain waits for nobody else.
        self.coordinators.stop();
        self.server.drain(DRAIN).await;
        let partitions = self.partitions;
        let stopped = tokio::task::spawn_blocking(move || partitions.shutdown()).await;
        self.coordinators.end();
        self.http.stop().await;
        stopped.context("stop the ring log")?.context("stop the ring log")
    }

    #[must_use]
    pub const fn cluster(&self) -> ClusterId {
        self.cluster
    }

    /// What topics get that do not say themselves.
    #[must_use]
    pub const fn flush_policy(&self) -> FlushPolicy {
        self.flush_policy
    }

    #[must_use]
    pub const fn partitions(&self) -> &Arc<Partitions> {
        &self.partitions
    }

    /// The listeners with the ports that were bound.
    #[must_use]
    pub fn listeners(&self) -> &[Listener] {
        self.server.listeners()
    }

    /// The port of the first listener.
    #[must_use]
    pub fn kafka_port(&self) -> u16 {
        self.listeners().first().map_or(0, |listener| listener.bind.port)
    }

    #[must_use]
    pub const fn http_port(&self) -> u16 {
        SocketAddr::port(&self.http.address())
    }
}

fn options(
    config: &BrokerConfig,
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
    cluster: ClusterId,
    incarnation: u32,
) -> Options {
    let shards = config.shards.map_or_else(threads::cores, |shards| shards as usize);
    let identity = NodeIdentity { cluster: cluster.0, broker: config.node_id.0 };
    Options {
        disk: Arc::clone(disk),
        clock: Arc::clone(clock),
        data_dir: config.data_dir.clone(),
        wal: WalConfig::new(config.data_dir.join("ring"), config.ring_size, shards, identity),
        incarnation,
        retention_check: Duration::from_millis(config.retention_check_ms),
        spare: Duration::from_millis(config.segments_spare_ms),
        observers: ObserverFactory::none(),
        on_poison: Box::new(|error| {
            let code = Code::RingFailed;
            tracing::error!(%code, %error, "the ring log failed; stopping at once, a restart recovers");
            process::exit(EXIT_POISONED);
        }),
    }
}

/// A failed metadata log does not end the process, as a failed ring does: what was published stays
/// true (META-2), appends and commits are in the ring, and a start stores a record too, so that it would
/// fail in the same way. But changes of topics and settings are refused, and ids for new producers
/// once a block is used up: somebody must see it.
fn watch_metadata_log(controller: &Controller, readiness: &Readiness) {
    metrics::describe_gauge!(
        "ringtide_metadata_log_failed",
        "1 once the metadata log has failed: changes are refused until the broker starts again."
    );
    metrics::gauge!("ringtide_metadata_log_failed").set(0.0);
    let readiness = readiness.clone();
    controller.on_poison(move |error| {
        metrics::gauge!("ringtide_metadata_log_failed").set(1.0);
        readiness.end("the metadata log failed; see to its disk and start the broker again");
        tracing::error!(%error, "the metadata log failed; changes are refused until a new start");
    });
}

fn install_metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()
        .context("install the metrics recorder")
}

fn log_recovery(report: &RecoveryReport, dir: &Path) {
    tracing::info!(
        dir = %dir.display(),
        groups = report.groups,
        replayed = report.replayed,
        created = report.created,
        "ring log recovered"
    );
    if let Some(cut) = report.truncated {
        tracing::warn!(at = cut.at.0, reason = cut.reason, "cut off a torn tail of the ring log");
    }
}

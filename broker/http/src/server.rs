//! Starting and stopping: binds, serves in the background, drains.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use broker_env::net::{self, TcpListener};
use config::HostPort;
use metrics::{Unit, describe_gauge};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::connections::Limited;
use crate::readiness::Readiness;
use crate::router::{Shared, Surveyed, router};

/// Histograms keep raw samples until they are drained; between scrapes nobody else does it.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long a stop waits for answers under way.
const DRAIN: Duration = Duration::from_secs(2);

/// HTTP that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("http.bind {0} names no address; give an address of this machine, as 127.0.0.1:8080")]
    Unresolved(HostPort),
    #[error(
        "http.bind {bind} cannot be bound: {error}; stop what uses the port, or choose another \
         with --http (port 0 picks a free one)"
    )]
    Bind { bind: HostPort, error: io::Error },
}

/// An address that is bound and not served yet: connections wait in the system's backlog.
#[derive(Debug)]
pub struct BoundHttp {
    listener: TcpListener,
    address: SocketAddr,
}

/// HTTP being served. Dropped without [`RunningHttp::stop`], it ends with its runtime.
#[derive(Debug)]
pub struct RunningHttp {
    address: SocketAddr,
    readiness: Readiness,
    shut: oneshot::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
    upkeep: JoinHandle<()>,
}

/// Binds, and serves nothing: what fails here must fail before a Kafka client is answered.
///
/// # Errors
/// The address cannot be resolved or bound.
pub async fn bind(bind: &HostPort) -> Result<BoundHttp, HttpError> {
    let refuse = |error| HttpError::Bind { bind: bind.clone(), error };
    let wanted = tokio::net::lookup_host((bind.bind_host(), bind.port))
        .await
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| HttpError::Unresolved(bind.clone()))?;
    let listener = net::listen(wanted).map_err(refuse)?;
    let address = listener.local_addr().map_err(refuse)?;
    Ok(BoundHttp { listener, address })
}

impl BoundHttp {
    /// Serves on the current runtime; `/readyz` says 200 from now on, until `readiness` ends, so call
    /// it once Kafka clients are served.
    #[must_use]
    pub fn serve(
        self,
        metrics: PrometheusHandle,
        surveyed: Surveyed,
        readiness: Readiness,
    ) -> RunningHttp {
        describe();
        let upkeep = tokio::spawn(keep_up(metrics.clone()));
        let shared =
            Shared { metrics, surveyed, readiness: readiness.clone(), started: Instant::now() };
        let (shut, asked) = oneshot::channel();
        let serving = axum::serve(Limited::new(self.listener), router(shared));
        let serving = tokio::spawn(
            serving
                .with_graceful_shutdown(async move {
                    // A dropped sender means nobody will ever ask: serve on.
                    if asked.await.is_err() {
                        std::future::pending::<()>().await;
                    }
                })
                .into_future(),
        );
        RunningHttp { address: self.address, readiness, shut, serving, upkeep }
    }
}

impl RunningHttp {
    /// The address that was bound.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on `/readyz` says 503; `/livez` and `/metrics` go on.
    pub fn stop_being_ready(&self) {
        self.readiness.end("the broker is stopping and takes no more requests");
    }

    /// Stops serving; answers under way get a moment to finish.
    pub async fn stop(mut self) {
        self.stop_being_ready();
        // Fails only where serving has ended already.
        let _ended = self.shut.send(());
        if timeout(DRAIN, &mut self.serving).await.is_err() {
            self.serving.abort();
        }
        self.upkeep.abort();
    }
}

async fn keep_up(metrics: PrometheusHandle) {
    let mut ticks = interval(UPKEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        metrics.run_upkeep();
    }
}

/// Names and texts of what this crate measures itself, and the constants.
fn describe() {
    describe_gauge!("ringtide_build_info", "1; the version stands in its label.");
    describe_gauge!("ringtide_up_seconds", Unit::Seconds, "Time since the broker started.");
    describe_gauge!(
        "ringtide_authentication_enabled",
        "Whether clients must authenticate; 0: there is no authentication yet."
    );
    describe_gauge!("ringtide_process_resident_bytes", Unit::Bytes, "Memory of the process.");
    describe_gauge!(
        "ringtide_process_cpu_seconds",
        Unit::Seconds,
        "Processor time of the process so far, user and system."
    );
    metrics::gauge!("ringtide_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    metrics::gauge!("ringtide_authentication_enabled").set(0.0);
}

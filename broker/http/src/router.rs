//! What is served, and the answers to everything else.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::Instant;

use crate::problem::Problem;
use crate::readiness::Readiness;

/// Every path with what it answers; the router and the 404 answer are made of it.
const SERVED: [(&str, &str); 3] = [
    ("/metrics", "metrics in Prometheus' text format"),
    ("/livez", "200 while the process works"),
    ("/readyz", "200 while Kafka clients are served"),
];

/// Gives series that are gathered elsewhere, as text.
pub type Surveyed = Arc<dyn Fn() -> Arc<str> + Send + Sync>;

/// What handlers read.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) metrics: PrometheusHandle,
    pub(crate) surveyed: Surveyed,
    pub(crate) readiness: Readiness,
    pub(crate) started: Instant,
}

pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(shared)
}

async fn metrics(State(shared): State<Shared>) -> Response {
    metrics::gauge!("ringtide_up_seconds").set(shared.started.elapsed().as_secs_f64());
    metrics::gauge!("ringtide_process_resident_bytes")
        .set(float(broker_env::process::resident_bytes()));
    metrics::gauge!("ringtide_process_cpu_seconds")
        .set(Duration::from_nanos(broker_env::cpu::process_nanos()).as_secs_f64());
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    let mut text = shared.metrics.render();
    text.push_str(&(shared.surveyed)());
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn live() -> &'static str {
    "ok\n"
}

async fn ready(State(shared): State<Shared>) -> Response {
    let Some(why) = shared.readiness.ended() else { return "ok\n".into_response() };
    Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "not_ready",
        title: "Not ready",
        detail: why.to_owned(),
    }
    .into_response()
}

async fn not_found(request: Request) -> Problem {
    let served: Vec<String> =
        SERVED.iter().map(|(path, what)| format!("{path} ({what})")).collect();
    Problem {
        status: StatusCode::NOT_FOUND,
        code: "not_found",
        title: "Not found",
        detail: format!(
            "nothing is served at {}; served are {}",
            request.uri().path(),
            served.join(", ")
        ),
    }
}

async fn method_not_allowed(method: Method, request: Request) -> Response {
    let mut response = Problem {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "method_not_allowed",
        title: "Method not allowed",
        detail: format!("{} answers GET and HEAD, not {method}", request.uri().path()),
    }
    .into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// A gauge is a float; bytes of memory stay far below the 2^53 it holds exactly.
pub(crate) fn float(n: u64) -> f64 {
    u32::try_from(n >> 20).map_or(f64::INFINITY, |mebibytes| {
        let rest = u32::try_from(n & 0xf_ffff).unwrap_or_default();
        f64::from(mebibytes) * 1_048_576.0 + f64::from(rest)
    })
}

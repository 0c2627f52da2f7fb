use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use config::HostPort;
use metrics_exporter_prometheus::PrometheusBuilder;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, timeout};

use crate::connections::REQUEST_MAX;
use crate::router::float;
use crate::{HttpError, Readiness, RunningHttp, bind};

fn loopback(port: u16) -> HostPort {
    HostPort { host: "127.0.0.1".into(), port }
}

async fn serve() -> RunningHttp {
    serve_while(Readiness::default()).await
}

async fn serve_while(readiness: Readiness) -> RunningHttp {
    let handle = PrometheusBuilder::new().build_recorder().handle();
    let bound = bind(&loopback(0)).await.unwrap();
    bound.serve(handle, Arc::new(|| "surveyed 1\n".into()), readiness)
}

/// Sends one request; answers its head and its body.
async fn ask(address: SocketAddr, method: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[rstest]
#[case("/livez", "200 OK", "ok\n")]
#[case("/readyz", "200 OK", "ok\n")]
#[tokio::test]
async fn probes_answer(#[case] path: &str, #[case] status: &str, #[case] body: &str) {
    let http = serve().await;
    let (head, answer) = ask(http.address(), "GET", path).await;
    assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
    assert_eq!(answer, body);
}

#[tokio::test]
async fn metrics_come_as_prometheus_text() {
    let http = serve().await;
    let (head, body) = ask(http.address(), "GET", "/metrics").await;
    assert!(body.ends_with("surveyed 1\n"), "{body}");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
}

#[tokio::test]
async fn an_unknown_path_points_at_what_exists() {
    let http = serve().await;
    let (head, body) = ask(http.address(), "GET", "/console").await;
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    assert!(head.contains("content-type: application/problem+json"), "{head}");
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["code"], "not_found");
    assert_eq!(problem["status"], StatusCode::NOT_FOUND.as_u16());
    assert_eq!(problem["type"], "urn:ringtide:problem:not_found");
    let detail = problem["detail"].as_str().unwrap();
    for path in ["/console", "/metrics", "/livez", "/readyz"] {
        assert!(detail.contains(path), "{detail}");
    }
}

#[tokio::test]
async fn every_path_that_is_named_is_served() {
    let http = serve().await;
    let (_, body) = ask(http.address(), "GET", "/").await;
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    let detail = problem["detail"].as_str().unwrap().split_once("served are").unwrap().1;
    let paths: Vec<&str> = detail.split([' ', ',']).filter(|word| word.starts_with('/')).collect();
    assert_eq!(paths.len(), 3);
    for path in paths {
        let (head, _) = ask(http.address(), "GET", path).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let http = serve().await;
    let (head, body) = ask(http.address(), "DELETE", "/metrics").await;
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    assert!(head.contains("allow: GET, HEAD"), "{head}");
    assert!(body.contains("method_not_allowed"), "{body}");
}

#[tokio::test]
async fn a_stopping_broker_is_alive_but_not_ready() {
    let http = serve().await;
    http.stop_being_ready();
    let (head, body) = ask(http.address(), "GET", "/readyz").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert!(body.contains("not_ready"), "{body}");
    let (head, _) = ask(http.address(), "GET", "/livez").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[rstest]
#[case("")]
#[case("*")]
#[tokio::test]
async fn every_interface_is_named_as_for_kafkas_listeners(#[case] host: &str) {
    let bound = bind(&HostPort { host: host.to_owned(), port: 0 }).await.unwrap();
    let handle = PrometheusBuilder::new().build_recorder().handle();
    let http = bound.serve(handle, Arc::new(|| "".into()), Readiness::default());
    assert!(http.address().ip().is_unspecified());
}

#[tokio::test]
async fn the_first_reason_not_to_be_ready_is_told_and_stays() {
    let readiness = Readiness::default();
    let http = serve_while(readiness.clone()).await;
    readiness.end("something failed");
    http.stop_being_ready();
    let (head, body) = ask(http.address(), "GET", "/readyz").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert!(body.contains("something failed"), "{body}");
}

#[tokio::test]
async fn a_port_in_use_names_the_remedy() {
    let http = serve().await;
    let error = bind(&loopback(http.address().port())).await.unwrap_err();
    assert!(matches!(error, HttpError::Bind { .. }));
    assert!(error.to_string().contains("--http"), "{error}");
}

#[tokio::test]
async fn stopping_does_not_wait_for_an_idle_connection() {
    let http = serve().await;
    let address = http.address();
    let _idle = TcpStream::connect(address).await.unwrap();
    http.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

/// Time passes as fast as everybody waits for it.
#[tokio::test(start_paused = true)]
async fn a_request_that_drips_ends_with_its_connection() {
    let http = serve().await;
    let mut stream = TcpStream::connect(http.address()).await.unwrap();
    let begun = Instant::now();
    let most = 2 * REQUEST_MAX.as_secs();
    for byte in format!("GET /livez HTTP/1.1\r\nx: {}", "y".repeat(1_000)).into_bytes() {
        // Fails once the server has closed it, and the end was seen before.
        if stream.write_all(&[byte]).await.is_err() {
            return;
        }
        let ended = timeout(Duration::from_secs(1), stream.read(&mut [0])).await;
        if ended.is_ok() {
            return;
        }
        assert!(begun.elapsed().as_secs() < most, "it drips on and on");
    }
}

#[rstest]
#[case(0, 0.0)]
#[case(1_048_577, 1_048_577.0)]
#[case(5_000_000_000, 5_000_000_000.0)]
fn bytes_are_exact_as_floats(#[case] bytes: u64, #[case] expected: f64) {
    assert!((float(bytes) - expected).abs() < f64::EPSILON);
}

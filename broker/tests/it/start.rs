//! How a broker ends that cannot start: before a client is served, or drained.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::broker::{finish, ringtide};

/// An address of this machine that nobody else listens at: a port that was free a moment ago stays so.
const HOST: &str = "127.0.0.9";
/// ApiVersions 0 of a client without a name.
const API_VERSIONS: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff];

fn server(home: &TempDir, kafka: u16, http: u16) -> Command {
    let mut command = ringtide();
    command.arg("server").args(["--kafka", &format!("{HOST}:{kafka}")]);
    command.args(["--http", &format!("{HOST}:{http}")]);
    command.args(["--set", "ring.size=16MiB", "--set", "logging.format=text"]);
    command.arg("--data").arg(home.path().join("data"));
    command
}

/// A port in use, until the listener goes.
fn taken() -> (TcpListener, u16) {
    let listener = TcpListener::bind((HOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Whether somebody answers a Kafka client at `port`.
fn is_answered(port: u16) -> bool {
    let Ok(mut client) = TcpStream::connect((HOST, port)) else { return false };
    client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    client.write_all(&API_VERSIONS).is_ok() && client.read_exact(&mut [0; 4]).is_ok()
}

/// With both ports taken, what is complained of is what is bound first.
#[test]
fn the_port_of_http_is_bound_before_kafkas() {
    let home = TempDir::with_prefix("ringtide-cli-").unwrap();
    let (_kafka, kafka) = taken();
    let (_http, http) = taken();
    let said = finish(server(&home, kafka, http), "");
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains(&format!("http.bind {HOST}:{http} cannot be bound")), "{}", said.err);
}

#[test]
fn without_http_no_kafka_client_is_answered() {
    let home = TempDir::with_prefix("ringtide-cli-").unwrap();
    let (_http, http) = taken();
    let (free, kafka) = taken();
    drop(free);
    let mut command = server(&home, kafka, http);
    let mut process = command.stderr(Stdio::null()).spawn().unwrap();
    let code = loop {
        assert!(!is_answered(kafka), "a client was served");
        if let Some(status) = process.try_wait().unwrap() {
            break status.code();
        }
    };
    assert_eq!(code, Some(1));
}

#[test]
fn a_broker_that_cannot_tell_its_ports_drains_and_stops() {
    let home = TempDir::with_prefix("ringtide-cli-").unwrap();
    let mut command = server(&home, 0, 0);
    command.arg("--ports-file").arg(home.path().join("no/such/directory/ports.json"));
    let said = finish(command, "");
    assert_eq!(said.code, 1, "{}", said.err);
    let draining = said.err.find("the start failed: draining").expect(&said.err);
    let stopped = said.err.find("stopped").expect(&said.err);
    let told = said.err.find("error[RT0701]: write the ports file").expect(&said.err);
    assert!(draining < stopped && stopped < told, "{}", said.err);
}

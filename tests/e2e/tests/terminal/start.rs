//! The start of a broker as a person or a supervisor sees it: banner, READY, advertised addresses,
//! logs, and how a broker ends that cannot start or whose ring log fails.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStderr, Command, Stdio};

use anyhow::{Context, Result, ensure};
use broker_env::{Clock, OsClock};
use protocol_types::ErrorCode;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;
use tests_e2e::broker::{Broker, Launch, binary, free_port};
use tests_e2e::client::Client;
use tests_e2e::payload::{Stamp, batch};

/// Stands for the port that the system chose.
const BOUND: u16 = 0;
/// More records of 64 KiB than fit into a ring of 16 MiB.
const RING_BATCHES: u64 = 300;

/// `ringtide` without a word behind it; ends with its value.
struct Alone {
    home: TempDir,
    process: Child,
    stderr: BufReader<ChildStderr>,
}

impl Alone {
    /// The ports are free ones, everything else is as the program has it.
    fn start() -> Result<Self> {
        let home = TempDir::with_prefix("ringtide-alone-")?;
        let mut command = Command::new(binary()?);
        command.env_clear().current_dir(home.path());
        command.env("RINGTIDE_LISTENERS", "127.0.0.1:0").env("RINGTIDE_HTTP__BIND", "127.0.0.1:0");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let stderr = process.stderr.take().context("no standard error")?;
        Ok(Self { home, process, stderr: BufReader::new(stderr) })
    }

    /// Everything up to the line that begins with READY.
    fn until_ready(&mut self) -> Result<Vec<String>> {
        let mut lines: Vec<String> = Vec::new();
        while !lines.last().is_some_and(|line| line.starts_with("READY")) {
            let mut line = String::new();
            ensure!(self.stderr.read_line(&mut line)? > 0, "it ended: {lines:#?}");
            lines.push(line.trim_end().to_owned());
        }
        Ok(lines)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // One that has ended already cannot be killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The number behind `name=` in a READY line.
fn port(ready: &str, name: &str) -> Result<u16> {
    let word = ready.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    Ok(word.with_context(|| format!("no {name} in {ready}"))?.parse()?)
}

#[test]
fn alone_it_is_a_development_broker_and_ctrl_c_stops_it() -> Result<()> {
    let mut alone = Alone::start()?;
    let lines = alone.until_ready()?;
    let ready = lines.last().context("nothing said")?;
    let (kafka, http) = (port(ready, "kafka")?, port(ready, "http")?);
    let banner = lines.join("\n");
    for expected in [
        "ring 256 MiB",
        "durability: fsync before each acknowledgement",
        &format!("kafka     PLAINTEXT  127.0.0.1:{kafka}  advertised as 127.0.0.1:{kafka}"),
        &format!("http      127.0.0.1:{http}   /metrics  /livez  /readyz"),
        &format!("ringtide topic produce hello -b localhost:{kafka}"),
    ] {
        ensure!(banner.contains(expected), "no {expected:?} in\n{banner}");
    }
    ensure!(!banner.contains("\n! "), "it is alone on this machine: {banner}");
    ensure!(alone.home.path().join("ringtide-data/ring/ring.log").exists(), "{banner}");
    Client::connect((Ipv4Addr::LOCALHOST, kafka).into())?.create_topic("t", 1, &[])?;
    let sent = Command::new("kill").args(["-INT", &alone.process.id().to_string()]).status()?;
    ensure!(sent.success(), "no SIGINT sent");
    ensure!(alone.process.wait()?.code() == Some(0), "Ctrl-C is a clean stop");
    Ok(())
}

/// Where clients are told to connect, from `--advertise`, from the environment, and without either.
#[rstest]
#[case::flag(|launch: Launch| launch.arg("--advertise=broker.example:4711"), "broker.example", 4711)]
#[case::variable(
    |launch: Launch| launch.set("advertised.listeners", "PLAINTEXT://broker.example:4711"),
    "broker.example",
    4711
)]
#[case::flag_first(
    |launch: Launch| launch.set("advertised.listeners", "a.example:1").arg("--advertise=b.example:2"),
    "b.example",
    2
)]
#[case::wildcard(|launch: Launch| launch.bind("0.0.0.0:0"), "localhost", BOUND)]
fn clients_are_told_where_to_connect(
    #[case] given: fn(Launch) -> Launch,
    #[case] host: &str,
    #[case] port: u16,
) -> Result<()> {
    let broker = given(Launch::new()?).start()?;
    let port = if port == BOUND { broker.kafka().port() } else { port };
    let answer = Client::connect(broker.kafka())?.metadata("none")?;
    let told = answer.brokers.first().context("no broker in the answer")?;
    ensure!((told.host.as_str(), told.port) == (host, i32::from(port)), "{told:?}");
    // Ports are known before the banner is printed; it is whole once the broker has ended.
    let launch = broker.launch().clone();
    broker.terminate()?;
    let banner = launch.log();
    ensure!(banner.contains(&format!("advertised as {host}:{port}")), "{banner}");
    let is_wildcard = host == "localhost";
    ensure!(banner.contains("set --advertise for clients elsewhere") == is_wildcard, "{banner}");
    ensure!(banner.contains("! there is no authentication yet") == is_wildcard, "{banner}");
    Ok(())
}

/// As in our composition: clients outside and inside of a container's network.
#[test]
fn each_listener_tells_its_clients_its_own_address() -> Result<()> {
    let inside = free_port()?;
    let broker = Launch::new()?
        .bind(format!("PLAINTEXT://127.0.0.1:0,INTERNAL://127.0.0.1:{inside}"))
        .arg("--advertise=PLAINTEXT://127.0.0.1:9092,INTERNAL://ringtide:19092")
        .start()?;
    for (port, expected) in [(broker.kafka().port(), "127.0.0.1:9092"), (inside, "ringtide:19092")]
    {
        let answer = Client::connect((Ipv4Addr::LOCALHOST, port).into())?.metadata("none")?;
        let told = answer.brokers.first().context("no broker in the answer")?;
        let told = format!("{}:{}", told.host, told.port);
        ensure!(told == expected, "port {port} tells {told}");
    }
    Ok(())
}

/// A start that fails says why and what to do, and leaves the broker in its way alone.
#[rstest]
#[case::port_taken(
    |running: &Broker| Ok(Launch::new()?.on_port(running.kafka().port())),
    "RT0701",
    &["PLAINTEXT", "choose another address or port"]
)]
#[case::data_in_use(
    |running: &Broker| Ok(running.launch().clone()),
    "RT0701",
    &["open in another process", "use another data directory"]
)]
#[case::more_than_a_file_may_hold(
    |_: &Broker| Ok(Launch::new()?.set("ring.size", 1_u64 << 45)),
    "RT0701",
    &["no space", "set a smaller ring size"]
)]
#[case::unknown_setting(
    |_: &Broker| Ok(Launch::new()?.set("ring.sise", 1)),
    "RT0401",
    &["RINGTIDE_RING__SISE", "did you mean \"ring.size\"?"]
)]
#[case::no_file(
    |_: &Broker| Ok(Launch::new()?.arg("--config=/nonexistent")),
    "RT0401",
    &["there is no configuration file /nonexistent"]
)]
fn a_failed_start_has_a_reason_and_a_remedy(
    #[case] given: fn(&Broker) -> Result<Launch>,
    #[case] code: &str,
    #[case] says: &[&str],
) -> Result<()> {
    let running = Broker::start()?;
    let (ended, said) = given(&running)?.spawn()?.wait_end()?;
    let exit = if code == "RT0401" { 2 } else { 1 };
    ensure!(ended == Some(exit), "{ended:?}: {said}");
    ensure!(said.contains(&format!("error[{code}]: ")), "{said}");
    ensure!(said.trim_end().ends_with(&format!("see: ringtide explain {code}")), "{said}");
    for part in says {
        ensure!(said.contains(part), "no {part:?} in {said}");
    }
    Client::connect(running.kafka())?.create_topic("t", 1, &[])?;
    Ok(())
}

/// Where standard error is no terminal, logs are JSON unless told otherwise.
#[rstest]
#[case("json")]
#[case("auto")]
fn logs_are_json_where_programs_read_them(#[case] format: &str) -> Result<()> {
    let broker = Launch::new()?.set("logging.format", format).start()?;
    let launch = broker.launch().clone();
    ensure!(broker.terminate()?.success());
    let log = launch.log();
    let lines: Vec<Value> = log
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
        .collect::<Result<_>>()?;
    ensure!(lines.iter().all(|line| line["timestamp"].is_string() && line["level"].is_string()));
    for message in ["ring log recovered", "SIGTERM: draining"] {
        ensure!(lines.iter().any(|line| line["message"] == message), "no {message:?} in {log}");
        let as_text = |line: &str| line.contains(message) && !line.starts_with('{');
        ensure!(!log.lines().any(as_text), "{log}");
    }
    Ok(())
}

/// From some moment on no file of the process may be written past its first MiB: a failing disk, as
/// far as the ring log can tell.
#[test]
fn a_ring_that_fails_ends_the_process_with_71_and_a_restart_recovers() -> Result<()> {
    // The signal that comes with that error would end any program.
    let launch = Launch::new()?.through(&["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
    let broker = launch.start()?;
    let mut client = Client::connect(broker.kafka())?;
    client.create_topic("t", 1, &[])?;
    ensure!(append(&mut client, 0), "refused before the disk fails");
    let pid = broker.pid().to_string();
    let limited = Command::new("prlimit").args(["--fsize=1048576", "--pid", &pid]).status()?;
    ensure!(limited.success(), "prlimit");
    let mut acknowledged = 1;
    while acknowledged < RING_BATCHES && append(&mut client, acknowledged) {
        acknowledged += 1;
    }
    let (code, said) = broker.wait_end()?;
    ensure!(code == Some(71), "{code:?}: {said}");
    ensure!(said.contains("RT0702") && said.contains("a restart recovers"), "{said}");
    ensure!(acknowledged < RING_BATCHES, "all were acknowledged");

    let again = launch.start()?;
    let end = Client::connect(again.kafka())?.latest("t", 0)?;
    ensure!(u64::try_from(end)? >= acknowledged, "{end} records of {acknowledged} acknowledged");
    Ok(())
}

/// Produces record `number` of 64 KiB; whether it was acknowledged.
fn append(client: &mut Client, number: u64) -> bool {
    let sent = batch(Stamp { writer: 0, number }, 1, 64 << 10, OsClock.wall(), None);
    let produced = sent.and_then(|records| client.produce("t", 0, records));
    produced.is_ok_and(|produced| produced.error == ErrorCode::None.to_wire())
}

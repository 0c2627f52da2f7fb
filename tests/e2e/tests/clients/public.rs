//! The test suites of client libraries, as they come from their registries, against a broker of ours.
//!
//! CI runs a few of franz-go's tests; `cargo xtask prove` names a suite in `RINGTIDE_SUITE` and runs it whole, but for
//! transactions, share groups and authentication, which are not served yet. What does not pass is listed here
//! and, with its reason, in `docs/compatibility.md`: a suite fails when another test fails, or a listed one passes.

use std::collections::BTreeSet;
use std::env;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rstest::rstest;
use tempfile::TempDir;
use tests_e2e::broker::{Broker, Launch};

use super::driver::{drivers, place};

/// In franz-go's names: what comes later, and a test that reads the sources of its package.
const LATER: &str = "Txn|Share|SCRAM|OptValuesCoversEveryOption";
/// In franz-go's names: groups of every kind of balancer, topics by pattern, direct partitions.
const SMOKE: &str =
    "TestGroupSimple|TestConsumeRegex|TestDirectPartitionPurge|TestPing|TestIssue434";

fn is_wanted(suite: &str) -> bool {
    env::var("RINGTIDE_SUITE").is_ok_and(|wanted| wanted == suite)
}

fn broker(creates_topics: bool) -> Result<Broker> {
    Launch::new()?
        .set("auto.create.topics.enable", creates_topics)
        .set("ring.size", 256 << 20)
        .set("group.initial.rebalance.delay.ms", 0)
        .set("num.partitions", 3)
        // As in the suites' own surroundings.
        .set("node.id", 0)
        .start()
}

#[test]
fn franz_go_passes_its_own_tests() -> Result<()> {
    let is_whole = is_wanted("franz-go");
    let broker = broker(true)?;
    let folder = TempDir::new()?;
    let mut suite = Command::new(drivers().join("kgo.test"));
    suite.args(["-test.v", "-test.timeout=30m", "-test.skip", LATER]).current_dir(folder.path());
    if !is_whole {
        suite.args(["-test.run", SMOKE]);
    }
    suite.env("KGO_SEEDS", broker.kafka().to_string()).env("KGO_TEST_RF", "1");
    suite.env("KGO_TEST_RECORDS", if is_whole { "20000" } else { "500" });
    suite.env("KGO_LOG_LEVEL", "none");
    let out = suite.output().context("cannot start franz-go's tests: run `cargo xtask install`")?;
    let said = String::from_utf8_lossy(&out.stdout);
    let count = |mark: &str| said.lines().filter(|line| line.trim().starts_with(mark)).count();
    let failed: Vec<_> = said.lines().filter(|line| line.contains("--- FAIL")).collect();
    let reason = String::from_utf8_lossy(&out.stderr);
    ensure!(failed.is_empty() && out.status.success(), "{failed:?}\n{said}\n{reason}");
    let (passed, skipped) = (count("--- PASS"), count("--- SKIP"));
    ensure!(passed > 0, "no test has run");
    println!("suite: franz-go pkg/kgo, {passed} passed, {skipped} skipped, without {LATER}");
    Ok(())
}

/// The producer of rdkafka's futures fails in the same way with Apache Kafka 4.3.1.
const OF_RDKAFKA: &[&str] =
    &["test_future_producer_send", "test_future_producer_send_fail", "test_metadata"];

/// The second passes only where creating a topic takes longer than 100 ms.
const NOT_FOR_RDKAFKA: &[&str] = &["transaction", "test_base_producer_timeout"];

/// The two Rust libraries, without transactions, authentication and proxies.
#[rstest]
#[case("rdkafka", NOT_FOR_RDKAFKA, OF_RDKAFKA)]
#[case("rskafka", &["sasl", "socks5"], &[])]
fn a_crate_passes_its_own_tests(
    #[case] name: &str,
    #[case] skipped: &[&str],
    #[case] failing: &[&str],
) -> Result<()> {
    if !is_wanted(name) {
        return Ok(());
    }
    let broker = broker(name != "rskafka")?;
    let mut suite = Command::new("cargo");
    suite.args(["test", "--tests", "--no-fail-fast", "--", "--test-threads=2"]);
    for part in skipped {
        suite.args(["--skip", part]);
    }
    suite.current_dir(place(name).join("source"));
    suite.env("CARGO_TARGET_DIR", drivers().join("suites")).env("CFLAGS", "-O0");
    suite.env("CARGO_PROFILE_DEV_DEBUG", "0");
    let bootstrap = broker.kafka().to_string();
    suite.env("KAFKA_HOST", &bootstrap).env("KAFKA_CONNECT", &bootstrap);
    suite.env("TEST_INTEGRATION", "1").env("TEST_BROKER_IMPL", "kafka").env("RUST_LOG", "off");
    let out = suite.output().with_context(|| format!("cannot start {suite:?}"))?;
    let said = String::from_utf8_lossy(&out.stdout);
    let ended = |how: &str| -> BTreeSet<String> {
        let tests = said.lines().filter_map(|line| line.strip_prefix("test "));
        let names = tests.filter_map(|line| line.split_once(" ... "));
        names.filter(|(_, end)| *end == how).map(|(name, _)| name.to_owned()).collect()
    };
    let (passed, failed) = (ended("ok"), ended("FAILED"));
    let expected: BTreeSet<String> = failing.iter().map(|name| (*name).to_owned()).collect();
    ensure!(failed == expected, "{failed:?} fail instead of {expected:?}\n{said}");
    ensure!(!passed.is_empty(), "no test has run: {}", String::from_utf8_lossy(&out.stderr));
    println!("suite: {name}, {} passed, {} known to fail", passed.len(), failed.len());
    Ok(())
}

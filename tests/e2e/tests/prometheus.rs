//! The real Prometheus scrapes a broker under a known load: series and values are right, and every
//! expression of our dashboard and our alert rules returns numbers.

mod expressions;
mod load;
mod scrape;
mod server;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rstest::rstest;
use tests_e2e::broker::Launch;
use tests_e2e::client::Client;

use self::load::Load;
use self::server::{Prometheus, get, program};

/// Beginnings of expressions that have series without a number beside those with one: an api that
/// nobody has called lately has no quantile.
const IDLE: [&str; 1] =
    ["histogram_quantile(0.99, sum by (api, le) (rate(ringtide_kafka_request_duration_seconds"];

fn docker() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docker")
}

fn launch() -> Result<Launch> {
    Ok(Launch::new()?.set("metrics.survey.interval.ms", 200))
}

#[test]
fn series_and_values_are_right_and_every_expression_returns_data() -> Result<()> {
    let broker = launch()?.start()?;
    let mut load = Load::start(&broker)?;
    let prometheus = Prometheus::start(broker.http())?;
    for (query, expected) in load.expected() {
        prometheus.wait_for(&query, |value| (value - expected).abs() < 1e-6, || Ok(()))?;
    }
    let lag_seconds = "ringtide_consumer_group_lag_seconds{group=\"g\",partition=\"0\"}";
    prometheus.wait_for(lag_seconds, |value| value > 0.0, || Ok(()))?;

    let mut expressions = expressions::of_dashboard(&docker().join("grafana/ringtide.json"))?;
    expressions.extend(expressions::of_alerts(&docker().join("prometheus/alerts.yml"))?);
    ensure!(expressions.len() > 40, "only {} expressions found", expressions.len());
    let mut idle: BTreeSet<&str> = IDLE.into();
    for expression in expressions {
        let mut query = expression.clone();
        if let Some(of_idle) = IDLE.iter().find(|idle| expression.starts_with(**idle)) {
            idle.remove(of_idle);
            // Leaves out what is no number.
            query = format!("({expression}) >= 0");
        }
        let found = prometheus.wait_for(&query, f64::is_finite, || load.go_on());
        found.with_context(|| format!("no number: {expression}"))?;
    }
    ensure!(idle.is_empty(), "exceptions for nothing: {idle:?}");
    Ok(())
}

#[rstest]
#[case::config(&["check", "config", "prometheus.yml"])]
#[case::rules(&["check", "rules", "alerts.yml"])]
#[case::rule_tests(&["test", "rules", "alerts_test.yml"])]
fn promtool_accepts(#[case] words: &[&str]) -> Result<()> {
    let mut command = Command::new(program("promtool"));
    let out = command.args(words).current_dir(docker().join("prometheus")).output();
    let out = out.context("promtool is missing: run `cargo xtask install`")?;
    ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Ok(())
}

/// A rule that nothing makes fire may be one that never does.
#[test]
fn every_alert_has_a_case_in_which_it_fires() -> Result<()> {
    let read = |name| std::fs::read_to_string(docker().join("prometheus").join(name));
    let (rules, tests) = (read("alerts.yml")?, read("alerts_test.yml")?);
    let cases: Vec<&str> = tests.split("alertname: ").skip(1).collect();
    let alerts: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    ensure!(alerts.len() >= 14, "{alerts:?}");
    for alert in alerts {
        let mut of_it = cases.iter().filter(|case| case.lines().next() == Some(alert));
        let fires = of_it.any(|case| case.contains("exp_labels"));
        ensure!(fires, "alerts_test.yml never lets {alert} fire");
    }
    Ok(())
}

/// `promtool check metrics` has nothing to say, and docs/metrics.md lists what is exported.
#[test]
fn metrics_are_clean_and_documented() -> Result<()> {
    let broker = launch()?.start()?;
    let mut load = Load::start(&broker)?;
    load.go_on()?;
    let text = load::surveyed(&broker)?;

    let mut command = Command::new(program("promtool"));
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut promtool = command.stderr(Stdio::piped()).spawn().context("promtool is missing")?;
    promtool.stdin.take().context("no stdin")?.write_all(text.as_bytes())?;
    let out = promtool.wait_with_output()?;
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    ensure!(out.status.success() && said.is_empty(), "{said}");

    let exported: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let (documented, sometimes) = documented()?;
    let missing: Vec<_> = exported.iter().filter(|name| !documented.contains(**name)).collect();
    ensure!(missing.is_empty(), "not in docs/metrics.md: {missing:?}");
    let gone: Vec<_> = documented
        .iter()
        .filter(|name| !exported.contains(name.as_str()) && !sometimes.contains(*name))
        .collect();
    ensure!(gone.is_empty(), "in docs/metrics.md, but not exported: {gone:?}");
    Ok(())
}

/// The families of the reference, and those among them that appear with an event only.
fn documented() -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let text = std::fs::read_to_string(path)?;
    let (mut all, mut sometimes) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("| `") else { continue };
        let (name, rest) = rest.split_once('`').context("a row without a name")?;
        all.insert(name.to_owned());
        if rest.starts_with(" † ") {
            sometimes.insert(name.to_owned());
        }
    }
    Ok((all, sometimes))
}

/// Every file that the composition mounts or builds from is there; its form is for `docker-compose config`.
#[test]
fn the_composition_names_files_that_exist() -> Result<()> {
    let text = std::fs::read_to_string(docker().join("compose.yaml"))?;
    let words = text.split(['"', ' ', ',', '[', ']', '\n']);
    let mounted: Vec<&str> = words
        .filter(|word| word.starts_with("./"))
        .filter_map(|word| word.split(':').next())
        .collect();
    ensure!(mounted.len() >= 3, "{mounted:?}");
    for path in mounted {
        ensure!(docker().join(path).exists(), "{path}");
    }
    let built = text.lines().find_map(|line| line.trim().strip_prefix("dockerfile: "));
    ensure!(docker().join("..").join(built.context("no dockerfile")?).exists());
    Ok(())
}

/// The controls of cardinality: what is filtered or beyond the bound is not there.
#[test]
fn topics_groups_and_series_can_be_left_out() -> Result<()> {
    let filtered = launch()?
        .set("metrics.topics.exclude", "load")
        .set("metrics.groups.exclude", "g*")
        .start()?;
    Load::start(&filtered)?;
    let text = load::surveyed(&filtered)?;
    ensure!(!text.contains("ringtide_topic_partitions{topic=\"load\"}"), "{text}");
    ensure!(!text.contains("ringtide_consumer_group_members{"), "{text}");

    let bounded = launch()?.set("metrics.max_series", 3).start()?;
    Load::start(&bounded)?;
    let text = load::surveyed(&bounded)?;
    let dropped =
        text.lines().find_map(|line| line.strip_prefix("ringtide_metrics_dropped_series "));
    ensure!(dropped.is_some_and(|dropped| dropped != "0"), "{dropped:?}");

    // Partitions are many, lag comes before them.
    let few = launch()?.set("metrics.max_series", 20).start()?;
    Load::start(&few)?;
    let text = load::surveyed(&few)?;
    let shown = |name: &str| text.lines().any(|line| line.starts_with(name));
    ensure!(shown("ringtide_consumer_group_lag{") && shown("ringtide_consumer_group_lag_seconds{"));
    ensure!(!shown("ringtide_partition_log_end_offset{"), "{text}");

    let (head, _) = get(bounded.http(), "/metrics")?;
    ensure!(head.contains("200"), "{head}");
    Ok(())
}

/// Topics made, used and deleted over and over would fill memory and every scrape.
#[test]
fn a_deleted_topic_leaves_no_series() -> Result<()> {
    let broker = launch()?.start()?;
    Load::start(&broker)?;
    let named = |text: &str| text.contains("topic=\"load\"");
    ensure!(named(&load::surveyed(&broker)?));
    Client::connect(broker.kafka())?.delete_topic("load")?;
    let text = load::surveyed(&broker)?;
    // What the group committed was for the topic, and stays until it expires.
    let left: Vec<&str> =
        text.lines().filter(|line| named(line) && !line.contains("group=")).collect();
    ensure!(left.is_empty(), "{left:?}");
    Ok(())
}

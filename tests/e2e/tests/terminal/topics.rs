//! Topics and the cluster.

use anyhow::{Result, ensure};
use serde_json::json;
use tests_e2e::broker::Broker;

use super::shell::{Shell, lines};

#[test]
fn a_topics_configuration_is_set_read_and_taken_back() -> Result<()> {
    let broker = Broker::start()?;
    let shell = Shell::of(&broker)?;
    shell.ok("topic create t -c segment.ms=70000")?;
    let table = shell.ok("topic config set t retention.ms=60000 cleanup.policy=compact")?;
    let expected = [
        "KEY FROM TO RESULT",
        "retention.ms 604800000 60000 changed",
        "cleanup.policy delete compact changed",
    ];
    ensure!(lines(&table) == expected, "{table}");
    let table = shell.ok("topic config ls t")?;
    let expected = [
        "KEY VALUE SOURCE",
        "cleanup.policy compact topic",
        "retention.ms 60000 topic",
        "segment.ms 70000 topic",
    ];
    ensure!(lines(&table) == expected, "{table}");
    ensure!(shell.ok("topic config get t retention.ms segment.ms")? == "60000\n70000\n");
    let table = shell.ok("topic config unset t retention.ms --dry-run")?;
    ensure!(table.contains("would be changed"), "{table}");
    ensure!(shell.ok("topic config get t retention.ms")? == "60000\n", "a dry run changes nothing");
    let rows = shell.rows("topic config unset t retention.ms")?;
    let row =
        json!({"key": "retention.ms", "from": "60000", "to": "604800000", "result": "changed"});
    ensure!(rows == [row], "{rows:?}");
    ensure!(shell.rows("topic config ls t --all")?.len() > 20);
    Ok(())
}

#[test]
fn the_cluster_is_described() -> Result<()> {
    let broker = Broker::start()?;
    let shell = Shell::of(&broker)?;
    shell.ok("topic create t -p 3")?;
    let rows = shell.rows("cluster describe")?;
    ensure!(rows.len() == 1 && rows[0]["topics"] == 1 && rows[0]["partitions"] == 3, "{rows:?}");
    let brokers = rows[0]["brokers"].as_array();
    let address = broker.kafka().to_string();
    ensure!(brokers.is_some_and(|b| b.len() == 1 && b[0]["leads"] == 3), "{brokers:?}");
    let table = shell.ok("cluster describe")?;
    ensure!(table.contains("CLUSTER ID") && table.contains(&address), "{table}");
    let yaml = shell.ok("cluster describe -o yaml")?;
    ensure!(yaml.contains("cluster_id:") && yaml.contains("brokers:"), "{yaml}");
    Ok(())
}

#[test]
fn progress_goes_to_standard_error_and_only_if_asked_or_seen() -> Result<()> {
    let broker = Broker::start()?;
    let shell = Shell::of(&broker)?;
    let input: String = (0..5_000).map(|n| format!("line {n}\n")).collect();
    let quiet = shell.feed("topic produce t", &input)?;
    ensure!(quiet.code == 0 && quiet.err == "5000 records produced to t\n", "{quiet:?}");
    let told = shell.feed("topic produce t --progress always", &input)?;
    ensure!(told.err.contains("5,000 records") && told.err.contains("/s"), "{told:?}");
    let read = shell.run("topic consume t -e --progress always")?;
    ensure!(read.out.lines().count() == 10_000, "{} lines", read.out.lines().count());
    ensure!(read.err.contains("10,000 records"), "{}", read.err);
    ensure!(!read.out.contains("records"), "progress is no result");
    Ok(())
}

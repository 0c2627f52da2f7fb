//! Groups: listed, described, lagging, moved, deleted.

use anyhow::{Result, ensure};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{GroupId, JoinGroupRequest, SyncGroupRequest};
use kafka_protocol::protocol::StrBytes;
use serde_json::{Value, json};
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;

use super::shell::{Shell, lines};

/// A broker with ten records in partition 0 of "t", which has two, and three in partition 1.
fn filled() -> Result<(Broker, Shell)> {
    let launch = Launch::new()?.set("offsets.topic.num.partitions", 3);
    let broker = launch.set("group.initial.rebalance.delay.ms", 0).start()?;
    let shell = Shell::of(&broker)?;
    shell.ok("topic create t -p 2")?;
    for (partition, records) in [(0, 10), (1, 3)] {
        let input = "x\n".repeat(records);
        let said = shell.feed(&format!("topic produce t -p {partition}"), &input)?;
        ensure!(said.code == 0, "{said:?}");
    }
    Ok((broker, shell))
}

#[test]
fn a_seek_shows_what_it_would_do_and_does_it_only_when_told() -> Result<()> {
    let (_broker, shell) = filled()?;
    let said = shell.run("group seek g --topic t --to 4")?;
    let expected = [
        "TOPIC PARTITION FROM TO RESULT",
        "t 0 - 4 would be moved",
        // Beyond the end is the end.
        "t 1 - 3 would be moved",
    ];
    ensure!(said.code == 0 && lines(&said.out) == expected, "{said:?}");
    ensure!(said.err == "nothing was changed; --yes does it\n", "{said:?}");
    ensure!(shell.run("group lag g")?.code == 4, "a dry run makes no group");

    shell.ok("group seek g --topic t --to 4 --yes")?;
    let table = shell.ok("group lag g")?;
    let expected =
        ["GROUP TOPIC PARTITION COMMITTED END LAG CLIENT", "g t 0 4 10 6 -", "g t 1 3 3 0 -"];
    ensure!(lines(&table) == expected, "{table}");
    let table = shell.ok("group lag g --summary")?;
    ensure!(lines(&table)[1] == "g Empty 0 2 6", "{table}");
    Ok(())
}

#[test]
fn a_seek_goes_to_any_place() -> Result<()> {
    let (_broker, shell) = filled()?;
    shell.ok("group seek g --topic t:0 --to latest --yes")?;
    let to = |target: &str| -> Result<Value> {
        let rows = shell.rows(&format!("group seek g --to {target} --yes"))?;
        ensure!(rows.len() == 1 && rows[0]["partition"] == 0, "{rows:?}");
        Ok(rows[0]["to"].clone())
    };
    ensure!(to("-3")? == 7 && to("+1")? == 8 && to("-50")? == 0);
    ensure!(to("latest")? == 10 && to("earliest")? == 0 && to("5")? == 5);
    // Everything is younger than an hour, and nothing was produced after the year 2100.
    ensure!(to("@-1h")? == 0 && to("@2100-01-01T00:00:00Z")? == 10 && to("@0")? == 0);
    let said = shell.run("group seek g --to nowhere")?;
    ensure!(said.code == 2 && said.err.contains("is no target"), "{said:?}");
    let said = shell.run("group seek g --topic t:7 --to earliest")?;
    ensure!(said.code == 4 && said.err.starts_with("error[RT0202]"), "{said:?}");
    let said = shell.run("group seek g --topic missing --to earliest")?;
    ensure!(said.code == 4 && said.err.starts_with("error[RT0201]"), "{said:?}");
    Ok(())
}

#[test]
fn groups_are_listed_and_deleted() -> Result<()> {
    let (_broker, shell) = filled()?;
    shell.ok("group seek one --topic t --to earliest --yes")?;
    shell.ok("group seek two --topic t:1 --to earliest --yes")?;
    let rows = shell.rows("group ls")?;
    let names: Vec<&str> = rows.iter().filter_map(|row| row["group"].as_str()).collect();
    ensure!(names == ["one", "two"], "{rows:?}");
    ensure!(rows.iter().all(|row| row["state"] == "Empty"), "{rows:?}");
    ensure!(shell.rows("group ls tw --state empty")?.len() == 1);
    ensure!(shell.rows("group ls --state stable")?.is_empty());

    let rows = shell.rows("group delete one two --dry-run")?;
    ensure!(rows[0]["offsets"] == 2 && rows[1]["result"] == "would be deleted", "{rows:?}");
    ensure!(shell.run("group delete one")?.err.starts_with("error[RT0003]"));
    let rows = shell.rows("group delete one --topic t --yes")?;
    ensure!(rows == [json!({"group": "one", "offsets": 2, "result": "deleted"})], "{rows:?}");
    shell.ok("group delete two --yes")?;
    let said = shell.run("group delete two --yes")?;
    ensure!(said.code == 4 && said.err.starts_with("error[RT0208]"), "{said:?}");
    shell.ok("group delete two --yes --if-exists")?;
    Ok(())
}

#[test]
fn a_group_with_members_is_described_and_not_moved() -> Result<()> {
    let (broker, shell) = filled()?;
    // Waits until the coordinator serves.
    shell.ok("group seek busy --topic t --to earliest --yes")?;
    let _member = join(&broker, "busy")?;
    let rows = shell.rows("group describe busy")?;
    ensure!(rows.len() == 1 && rows[0]["state"] == "Stable", "{rows:?}");
    ensure!(rows[0]["type"] == "classic" && rows[0]["protocol"] == "range", "{rows:?}");
    let member = &rows[0]["members"][0];
    ensure!(member["assigned"] == json!([{"topic": "t", "partitions": [0, 1]}]), "{member}");
    ensure!(rows[0]["offsets"][1]["end"] == 3, "{rows:?}");
    let table = shell.ok("group describe busy")?;
    ensure!(table.contains("t[0,1]") && table.contains("MEMBER"), "{table}");
    for line in ["group seek busy --topic t --to earliest --yes", "group delete busy --yes"] {
        let said = shell.run(line)?;
        ensure!(said.code == 5 && said.err.starts_with("error[RT0209]"), "{said:?}");
        ensure!(said.err.contains("stop its consumers first"), "{said:?}");
    }
    Ok(())
}

/// Joins a group of the classic protocol as its only member, with all of "t".
fn join(broker: &Broker, group: &str) -> Result<Client> {
    let mut client = Client::connect(broker.kafka())?;
    let text = |text: &str| StrBytes::from_string(text.to_owned());
    let protocol = JoinGroupRequestProtocol::default().with_name(text("range"));
    let mut request = JoinGroupRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_session_timeout_ms(30_000)
        .with_rebalance_timeout_ms(30_000)
        .with_protocol_type(text("consumer"))
        .with_protocols(vec![protocol]);
    let mut joined = client.call(5, &request)?;
    if joined.error_code == 79 {
        request.member_id = joined.member_id.clone();
        joined = client.call(5, &request)?;
    }
    ensure!(joined.error_code == 0, "{joined:?}");
    // Version 0, topic "t" with partitions 0 and 1, no user data.
    let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1];
    bytes.extend([0xff; 4]);
    let assignment = SyncGroupRequestAssignment::default()
        .with_member_id(joined.member_id.clone())
        .with_assignment(bytes.into());
    let request = SyncGroupRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_generation_id(joined.generation_id)
        .with_member_id(joined.member_id)
        .with_assignments(vec![assignment]);
    let synced = client.call(3, &request)?;
    ensure!(synced.error_code == 0, "{synced:?}");
    Ok(client)
}

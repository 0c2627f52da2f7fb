//! Commands that need no broker, or look at one from outside: settings, contexts, doctor, health,
//! completions.

use std::fs;

use anyhow::{Result, ensure};
use rstest::rstest;
use tests_e2e::broker::{Broker, free_port};

use super::shell::{Shell, lines};

#[test]
fn settings_say_where_they_come_from() -> Result<()> {
    let shell = Shell::new()?.set("RINGTIDE_RING__SIZE", "64MiB");
    let file = shell.home().join("ringtide.toml");
    fs::write(&file, "http.bind = \"127.0.0.1:0\"\n[ring]\nsize = \"32MiB\"\n")?;
    let line = format!("config show --source --config {} --kafka 127.0.0.1:7", file.display());
    let table = shell.ok(&line)?;
    let expected = [
        "NAME VALUE SOURCE".to_owned(),
        format!("http.bind 127.0.0.1:0 file {}", file.display()),
        "listeners 127.0.0.1:7 command line".to_owned(),
        "ring.size 67108864 environment variable RINGTIDE_RING__SIZE".to_owned(),
    ];
    ensure!(lines(&table) == expected, "{table}");
    let all = shell.rows("config show --all")?;
    ensure!(all.len() > 100, "{} settings", all.len());
    let threads = all.iter().find(|row| row["name"] == "num.partitions");
    ensure!(threads.is_some_and(|row| row["source"] == "built-in"), "{threads:?}");
    Ok(())
}

#[rstest]
#[case::good("ring.size = \"32MiB\"", 0, "ok")]
#[case::unknown("ring.sise = 1", 2, "did you mean \"ring.size\"?")]
#[case::bad_value("ring.size = 5", 2, "ring.size")]
#[case::no_toml("[ring", 2, "is not TOML")]
fn a_file_is_checked_before_it_is_used(
    #[case] text: &str,
    #[case] exit: i32,
    #[case] says: &str,
) -> Result<()> {
    let shell = Shell::new()?;
    let file = shell.home().join("ringtide.toml");
    fs::write(&file, text)?;
    let said = shell.run(&format!("config check {}", file.display()))?;
    ensure!(said.code == exit, "{said:?}");
    ensure!(said.out.contains(says) || said.err.contains(says), "{said:?}");
    ensure!(exit == 0 || said.err.starts_with("error[RT0401]: "), "{said:?}");
    Ok(())
}

#[test]
fn a_context_stands_for_its_addresses() -> Result<()> {
    let broker = Broker::start()?;
    let shell = Shell::new()?;
    let (kafka, http) = (broker.kafka(), broker.http());
    shell.ok(&format!("context add here --bootstrap {kafka} --http {http}"))?;
    shell.ok(&format!("context add dead --bootstrap 127.0.0.1:{} --use", free_port()?))?;
    ensure!(shell.run("topic ls")?.code == 3, "the current context is used");
    shell.ok("topic ls --context here")?;
    shell.ok("context use here")?;
    shell.ok("topic create made")?;
    shell.ok("health")?;
    let table = shell.ok("context ls")?;
    ensure!(lines(&table)[2] == format!("here true {kafka} {http}"), "{table}");
    let said = shell.run("context use heer")?;
    ensure!(said.code == 4 && said.err.contains("did you mean \"here\"?"), "{said:?}");
    let said = shell.run("context add here --bootstrap x:1")?;
    ensure!(said.code == 5 && said.err.starts_with("error[RT0403]"), "{said:?}");
    shell.ok("context rm here")?;
    ensure!(shell.rows("context ls")?.len() == 1);
    Ok(())
}

#[test]
fn health_is_an_exit_code() -> Result<()> {
    let broker = Broker::start()?;
    let shell = Shell::new()?;
    let table = shell.ok(&format!("health {}", broker.http()))?;
    ensure!(lines(&table) == ["ADDRESS STATE".to_owned(), format!("{} ready", broker.http())]);
    // As in a container, where broker and check have the same environment.
    let same =
        Shell::new()?.set("RINGTIDE_HTTP__BIND", &format!("0.0.0.0:{}", broker.http().port()));
    same.ok("health --wait")?;
    let said = shell.run(&format!("health 127.0.0.1:{}", free_port()?))?;
    ensure!(said.code == 3 && said.err.starts_with("error[RT0101]"), "{said:?}");
    // Kafka's port is no HTTP.
    let said = shell.run(&format!("health {} --timeout 1", broker.kafka()))?;
    ensure!(said.code == 3, "{said:?}");
    Ok(())
}

#[test]
fn the_doctor_finds_a_healthy_place_and_a_bad_one() -> Result<()> {
    let shell = Shell::new()?.set("RINGTIDE_RING__SIZE", "16MiB");
    let data = shell.home().join("data");
    let line = format!("doctor --data {} --kafka 127.0.0.1:0 --http 127.0.0.1:0", data.display());
    let rows = shell.rows(&line)?;
    for check in [
        "configuration",
        "data directory",
        "direct writes",
        "disk sync",
        "disk space",
        "open files",
        "memory",
        "clock",
        "port",
        "advertised address",
    ] {
        let row = rows.iter().find(|row| row["check"] == check);
        ensure!(row.is_some_and(|row| row["state"] != "failed"), "{check}: {row:?}");
    }
    let remedied = |row: &serde_json::Value| row["state"] == "ok" || row["remedy"].is_string();
    ensure!(rows.iter().all(remedied), "{rows:?}");
    ensure!(!data.exists(), "it changes nothing");

    let broker = Broker::start()?;
    let taken = format!("doctor --data {} --kafka {}", data.display(), broker.kafka());
    let said = shell.run(&format!("{taken} --http 127.0.0.1:0 -o json"))?;
    ensure!(said.code == 7 && said.err.contains("RT0502"), "{said:?}");
    ensure!(said.out.contains("is taken") && said.out.contains("choose another port"), "{said:?}");
    let said = shell.run("doctor --set ring.sise=1")?;
    ensure!(said.code == 7 && said.out.contains("did you mean"), "{said:?}");
    Ok(())
}

#[rstest]
#[case("bash", "complete -F _ringtide")]
#[case("zsh", "#compdef ringtide")]
#[case("fish", "complete -c ringtide")]
fn shells_get_their_completions(#[case] name: &str, #[case] says: &str) -> Result<()> {
    let script = Shell::new()?.ok(&format!("completions {name}"))?;
    ensure!(script.contains(says), "{script}");
    for noun in ["topic", "group", "cluster", "doctor"] {
        ensure!(script.contains(noun), "{name} does not know {noun}");
    }
    Ok(())
}

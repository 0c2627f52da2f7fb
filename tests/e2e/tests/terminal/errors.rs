//! Errors: code, hint, exit code, in both forms; and what explains them.

use anyhow::{Result, ensure};
use rstest::rstest;
use serde_json::Value;
use tests_e2e::broker::{Broker, free_port};

use super::shell::Shell;

#[rstest]
#[case::topic("topic describe nowhere", "RT0201", 4)]
#[case::exists("topic create there", "RT0204", 5)]
#[case::usage("topic alter there", "RT0002", 2)]
#[case::unknown_argument("topic ls --nope", "RT0002", 2)]
#[case::not_confirmed("topic delete there", "RT0003", 2)]
#[case::value("topic config set there retention.ms=soon", "RT0206", 1)]
#[case::key("topic config get there retention.mss", "RT0206", 1)]
#[case::partition("topic consume there -p 9", "RT0202", 4)]
#[case::context("topic ls --context nowhere -b ", "RT0002", 2)]
#[case::no_data("log describe /nonexistent", "RT0301", 4)]
fn an_error_has_a_code_and_a_page(
    #[case] line: &str,
    #[case] code: &str,
    #[case] exit: i32,
) -> Result<()> {
    let broker = Broker::start()?;
    let shell = Shell::of(&broker)?;
    shell.ok("topic create there")?;
    let said = shell.run(line.trim_end())?;
    ensure!(said.code == exit, "{said:?}");
    ensure!(said.err.starts_with(&format!("error[{code}]: ")), "{said:?}");
    ensure!(said.out.is_empty(), "results and errors do not mix: {said:?}");
    let page = shell.ok(&format!("explain {code}"))?;
    ensure!(page.starts_with(&format!("# {code}: ")) && page.contains("What to do"), "{page}");
    Ok(())
}

#[test]
fn an_error_for_programs_is_an_object() -> Result<()> {
    let broker = Broker::start()?;
    let said = Shell::of(&broker)?.run("topic describe nowhere -o json")?;
    let error: Value = serde_json::from_str(&said.err)?;
    ensure!(error["code"] == "RT0201" && error["exit"] == 4, "{error}");
    ensure!(error["kafka"] == "UNKNOWN_TOPIC_OR_PARTITION", "{error}");
    ensure!(error["hint"] == "ringtide topic ls shows the topics there are", "{error}");
    Ok(())
}

/// Also where the command line itself is the error.
#[rstest]
#[case::argument("topic ls --nope -o json", "unexpected argument '--nope' found")]
#[case::command("topic lst --output=json", "unrecognized subcommand 'lst'")]
#[case::missing("topic create -ojsonl", "the following required arguments were not provided")]
fn a_usage_error_for_programs_is_an_object(#[case] line: &str, #[case] what: &str) -> Result<()> {
    let said = Shell::new()?.run(line)?;
    ensure!(said.code == 2 && said.out.is_empty(), "{said:?}");
    let error: Value = serde_json::from_str(&said.err)?;
    ensure!(error["code"] == "RT0002" && error["exit"] == 2, "{error}");
    ensure!(error["error"].as_str().is_some_and(|error| error.starts_with(what)), "{error}");
    ensure!(error["hint"].as_str().is_some_and(|hint| hint.contains("Usage: ")), "{error}");
    Ok(())
}

#[test]
fn without_a_broker_the_address_is_named() -> Result<()> {
    let address = format!("127.0.0.1:{}", free_port()?);
    let shell = Shell::new()?.set("RINGTIDE_BOOTSTRAP", &address);
    for line in ["topic ls", "group ls", "cluster describe"] {
        let said = shell.run(line)?;
        ensure!(said.code == 3, "{said:?}");
        ensure!(said.err.starts_with("error[RT0101]: ") && said.err.contains(&address), "{said:?}");
        ensure!(said.err.contains("see: ringtide explain RT0101"), "{said:?}");
    }
    Ok(())
}

#[test]
fn every_code_is_listed() -> Result<()> {
    let rows = Shell::new()?.rows("explain")?;
    ensure!(rows.len() >= 30, "{rows:?}");
    ensure!(rows.iter().any(|row| row["code"] == "RT0101" && row["exit"] == 3), "{rows:?}");
    Ok(())
}

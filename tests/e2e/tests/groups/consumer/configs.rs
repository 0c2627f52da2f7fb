//! The configuration of groups: resource 32.

use anyhow::{Context, Result, ensure};
use protocol_wire::messages::describe_configs_request::DescribeConfigsResource;
use protocol_wire::messages::describe_configs_response::DescribeConfigsResourceResult;
use protocol_wire::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use protocol_wire::messages::{DescribeConfigsRequest, IncrementalAlterConfigsRequest};
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;

use super::ask::{Member, client, text};

const GROUP: i8 = 32;
const INTERVAL: &str = "consumer.heartbeat.interval.ms";

fn set(client: &mut Client, key: &str, value: &str) -> Result<(i16, Option<String>)> {
    let config = AlterableConfig::default().with_name(text(key)).with_value(Some(text(value)));
    let resource = AlterConfigsResource::default()
        .with_resource_type(GROUP)
        .with_resource_name(text("g"))
        .with_configs(vec![config]);
    let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
    let answer = client.call(1, &request)?;
    let told = answer.responses.first().context("no answer")?;
    Ok((told.error_code, told.error_message.as_ref().map(ToString::to_string)))
}

fn get(client: &mut Client, key: &str) -> Result<DescribeConfigsResourceResult> {
    let resource = DescribeConfigsResource::default()
        .with_resource_type(GROUP)
        .with_resource_name(text("g"))
        .with_configuration_keys(Some(vec![text(key)]));
    let request = DescribeConfigsRequest::default()
        .with_resources(vec![resource])
        .with_include_synonyms(true);
    let answer = client.call(4, &request)?.results.into_iter().next().context("no answer")?;
    answer.configs.into_iter().next().context("no such key")
}

#[test]
fn a_groups_own_values_take_effect_and_outlive_the_broker() -> Result<()> {
    let broker = Broker::start()?;
    let mut admin = client(&broker)?;
    admin.create_topic("t", 1, &[])?;
    let default = get(&mut admin, INTERVAL)?;
    ensure!((default.value.as_deref(), default.config_source) == (Some("5000"), 5));

    let (code, why) = set(&mut admin, INTERVAL, "1000")?;
    let bound = "group.consumer.min.heartbeat.interval.ms";
    let expected = format!("{INTERVAL} must be greater than or equal to {bound}");
    ensure!((code, why.as_deref()) == (40, Some(&*expected)), "{code}: {why:?}");
    ensure!(set(&mut admin, INTERVAL, "9000")?.0 == 0);
    let own = get(&mut admin, INTERVAL)?;
    ensure!((own.value.as_deref(), own.config_source) == (Some("9000"), 8), "{own:?}");
    let chain: Vec<&str> = own.synonyms.iter().map(|synonym| synonym.name.as_str()).collect();
    ensure!(chain == [INTERVAL, "group.consumer.heartbeat.interval.ms"], "{chain:?}");

    let mut member = Member::new(&broker, "a")?;
    ensure!(member.ok()?.heartbeat_interval_ms == 9_000);
    let broker = broker.kill()?.start()?;
    let mut member = Member::new(&broker, "a")?;
    ensure!(member.ok()?.heartbeat_interval_ms == 9_000);
    Ok(())
}

//! Topics and configurations.

use anyhow::{Context, Result, ensure};
use protocol_wire::messages::create_partitions_request::CreatePartitionsTopic;
use protocol_wire::messages::create_topics_request::CreatableTopic;
use protocol_wire::messages::create_topics_response::CreatableTopicResult;
use protocol_wire::messages::delete_topics_request::DeleteTopicState;
use protocol_wire::messages::describe_configs_request::DescribeConfigsResource;
use protocol_wire::messages::describe_configs_response::DescribeConfigsResult;
use protocol_wire::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use protocol_wire::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, DescribeConfigsRequest,
    DescribeTopicPartitionsRequest, IncrementalAlterConfigsRequest,
};
use rstest::rstest;
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;

use super::Check;
use super::ask::{batch, client, client_with_topic, only, produce, text, topic};

#[rstest]
#[case::trap_95_broker_defaults(broker_defaults)]
#[case::trap_96_create_topics(create_topics)]
#[case::trap_98_delete_topics(delete_topics)]
#[case::trap_99_topic_configs(topic_configs)]
#[case::trap_100_broker_configs(broker_configs)]
#[case::traps_101_and_102_alter_configs(alter_configs)]
#[case::trap_105_create_partitions(create_partitions)]
#[case::trap_108_describe_topic_partitions(describe_topic_partitions)]
#[case::trap_109_no_throttle(no_throttle)]
fn admin(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

fn new_topic(name: &str) -> CreatableTopic {
    CreatableTopic::default()
        .with_name(topic(name))
        .with_num_partitions(-1)
        .with_replication_factor(-1)
}

fn create(client: &mut Client, topic: CreatableTopic) -> Result<CreatableTopicResult> {
    only(client.call(7, &CreateTopicsRequest::default().with_topics(vec![topic]))?.topics)
}

fn broker_defaults(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    for version in 2..=7 {
        let request = CreateTopicsRequest::default()
            .with_topics(vec![new_topic(&format!("topic-{version}"))]);
        let created = only(client.call(version, &request)?.topics)?;
        ensure!(created.error_code == 0, "version {version}: {created:?}");
    }
    let created = create(&mut client, new_topic("t"))?;
    ensure!((created.num_partitions, created.replication_factor) == (1, 1));
    ensure!(!created.topic_id.is_nil() && created.configs.is_some_and(|c| !c.is_empty()));
    Ok(())
}

fn create_topics(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    for (topic, code) in [
        (new_topic("t"), 36),
        (new_topic("u").with_num_partitions(0), 37),
        (new_topic("u").with_replication_factor(3), 38),
        (new_topic("a/b"), 17),
        (new_topic(&"x".repeat(250)), 17),
    ] {
        let refused = create(&mut client, topic)?;
        ensure!(refused.error_code == code, "{refused:?}");
        ensure!(refused.error_message.is_some_and(|message| !message.is_empty()));
    }
    let validated =
        CreateTopicsRequest::default().with_topics(vec![new_topic("u")]).with_validate_only(true);
    ensure!(only(client.call(7, &validated)?.topics)?.error_code == 0);
    ensure!(only(client.metadata("u")?.topics)?.error_code == 3, "it was only validated");
    Ok(())
}

fn delete_topics(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    ensure!(produce(&mut client, 9, -1, Some(batch(&[1])?))?.error_code == 0);
    let id = only(client.metadata("t")?.topics)?.topic_id;
    let by_id = DeleteTopicState::default().with_name(None).with_topic_id(id);
    let request = DeleteTopicsRequest::default().with_topics(vec![by_id]);
    let deleted = only(client.call(6, &request)?.responses)?;
    ensure!(deleted.error_code == 0 && deleted.name == Some(topic("t")), "{deleted:?}");
    ensure!(only(client.call(6, &request)?.responses)?.error_code == 100);
    let by_name = DeleteTopicsRequest::default().with_topic_names(vec![topic("t")]);
    ensure!(only(client.call(5, &by_name)?.responses)?.error_code == 3);

    client.create_topic("t", 1, &[])?;
    ensure!(only(client.metadata("t")?.topics)?.topic_id != id, "another id");
    ensure!(client.latest("t", 0)? == 0, "the data is gone");
    Ok(())
}

pub(super) fn describe(client: &mut Client, kind: i8, name: &str) -> Result<DescribeConfigsResult> {
    let resource = DescribeConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(text(name))
        .with_configuration_keys(None);
    let request = DescribeConfigsRequest::default()
        .with_resources(vec![resource])
        .with_include_synonyms(true);
    only(client.call(4, &request)?.results)
}

pub(super) const TOPIC: i8 = 2;
const BROKER: i8 = 4;

pub(super) fn value<'a>(described: &'a DescribeConfigsResult, name: &str) -> Result<&'a str> {
    let config = described.configs.iter().find(|config| config.name.as_str() == name);
    let config = config.with_context(|| format!("no {name}"))?;
    Ok(config.value.as_ref().map_or("", |value| value.as_str()))
}

fn topic_configs(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[("retention.ms", "12345")])?;
    let described = describe(&mut client, TOPIC, "t")?;
    ensure!(described.error_code == 0 && described.error_message == Some(text("")));
    for (name, expected) in [
        ("cleanup.policy", "delete"),
        ("retention.ms", "12345"),
        ("message.timestamp.type", "CreateTime"),
        ("min.insync.replicas", "1"),
    ] {
        ensure!(value(&described, name)? == expected, "{name}");
    }
    ensure!(describe(&mut client, TOPIC, "gone")?.error_code == 3);
    Ok(())
}

fn broker_configs(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    let node = only(client.metadata("t")?.brokers)?.node_id.0;
    let described = describe(&mut client, BROKER, &node.to_string())?;
    for name in ["default.replication.factor", "num.partitions", "log.retention.ms"] {
        value(&described, name)?;
    }
    let other = describe(&mut client, BROKER, &(node + 1).to_string())?;
    ensure!(other.error_code == 42, "{}", other.error_code);
    ensure!(other.error_message.is_some_and(|why| why.starts_with("Unexpected broker id")));
    Ok(())
}

fn alter_configs(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let mut alter = |name: &str, operation: i8, given: Option<&str>| -> Result<i16> {
        let config = AlterableConfig::default()
            .with_name(text(name))
            .with_config_operation(operation)
            .with_value(given.map(text));
        let resource = AlterConfigsResource::default()
            .with_resource_type(TOPIC)
            .with_resource_name(text("t"))
            .with_configs(vec![config]);
        let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
        Ok(only(client.call(1, &request)?.responses)?.error_code)
    };
    let long = "k".repeat(32_760);
    for (name, operation, given, code) in [
        ("no.such.key", 0, Some("1"), 40),
        (&*long, 0, Some("1"), 40),
        ("retention.ms", 0, Some(&*long), 40),
        ("segment.bytes", 0, Some("1000"), 40),
        ("message.timestamp.difference.max.ms", 0, Some("1"), 40),
        ("retention.ms", 0, Some("1000"), 0),
        ("retention.ms", 2, Some("1000"), 40),
        ("cleanup.policy", 2, Some("compact"), 0),
        ("retention.ms", 1, None, 0),
    ] {
        let answered = alter(name, operation, given)?;
        ensure!(answered == code, "{name:.40} {operation} {given:.40?}: {answered}");
    }
    let described = describe(&mut client, TOPIC, "t")?;
    ensure!(value(&described, "cleanup.policy")? == "delete,compact");
    ensure!(value(&described, "retention.ms")? == "604800000", "back at its default");
    Ok(())
}

fn create_partitions(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    client.create_topic("t", 2, &[])?;
    let mut grow = |count: i32, validate_only: bool| -> Result<i16> {
        let grown = CreatePartitionsTopic::default()
            .with_name(topic("t"))
            .with_count(count)
            .with_assignments(None);
        let request = CreatePartitionsRequest::default()
            .with_topics(vec![grown])
            .with_validate_only(validate_only);
        Ok(only(client.call(3, &request)?.results)?.error_code)
    };
    for (count, validate_only, code) in
        [(1, false, 37), (2, false, 37), (5, true, 0), (4, false, 0)]
    {
        let answered = grow(count, validate_only)?;
        ensure!(answered == code, "{count} {validate_only}: {answered}");
    }
    ensure!(only(client.metadata("t")?.topics)?.partitions.len() == 4);
    ensure!(client.latest("t", 3)? == 0, "a new partition serves at once");
    Ok(())
}

fn describe_topic_partitions(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    client.create_topic("a", 3, &[])?;
    client.create_topic("b", 2, &[])?;
    let mut request = DescribeTopicPartitionsRequest::default().with_response_partition_limit(2);
    let mut seen = Vec::new();
    for _page in 0..3 {
        let answer = client.call(0, &request)?;
        for described in &answer.topics {
            let name = described.name.as_ref().map(|name| name.to_string()).unwrap_or_default();
            let partitions = described.partitions.iter();
            seen.extend(partitions.map(|partition| (name.clone(), partition.partition_index)));
        }
        let Some(next) = answer.next_cursor else { break };
        use protocol_wire::messages::describe_topic_partitions_request::Cursor;
        let cursor = Cursor::default()
            .with_topic_name(next.topic_name)
            .with_partition_index(next.partition_index);
        request = request.with_cursor(Some(cursor));
    }
    let expected = [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)];
    ensure!(seen == expected.map(|(name, partition)| (name.to_owned(), partition)), "{seen:?}");
    Ok(())
}

fn no_throttle(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    ensure!(client.metadata("t")?.throttle_time_ms == 0);
    Ok(())
}

/// Sets one config of the broker.
pub(super) fn alter_broker(client: &mut Client, config: &str, value: &str) -> Result<()> {
    let node = only(client.metadata("t")?.brokers)?.node_id.0;
    let config = AlterableConfig::default()
        .with_name(text(config))
        .with_config_operation(0)
        .with_value(Some(text(value)));
    let resource = AlterConfigsResource::default()
        .with_resource_type(BROKER)
        .with_resource_name(text(&node.to_string()))
        .with_configs(vec![config]);
    let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
    let altered = only(client.call(1, &request)?.responses)?;
    ensure!(altered.error_code == 0, "{altered:?}");
    Ok(())
}

/// A new address is told to the next who asks, without a restart.
#[test]
fn trap_31_the_advertised_address_changes_at_run_time() -> Result<()> {
    let broker = Launch::new()?.start()?;
    let mut client = client(&broker)?;
    alter_broker(&mut client, "advertised.listeners", "elsewhere.example:1234")?;
    let told = only(client.metadata("t")?.brokers)?;
    ensure!((told.host.as_str(), told.port) == ("elsewhere.example", 1234), "{told:?}");
    Ok(())
}

//! Metadata and DescribeCluster.

use std::net::TcpStream;

use anyhow::{Context, Result, ensure};
use protocol_wire::messages::metadata_request::MetadataRequestTopic;
use protocol_wire::messages::{
    DescribeClusterRequest, MetadataRequest, MetadataResponse,
    metadata_response::MetadataResponseTopic,
};
use rstest::rstest;
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;
use uuid::Uuid;

use super::ask::{client, client_with_topic, only, topic};
use super::{Check, admin};

#[rstest]
#[case::trap_19_which_lists_ask_for_all(all_or_none)]
#[case::trap_20_unknown_and_illegal_names(unknown_names)]
#[case::trap_21_asking_creates(asking_creates)]
#[case::trap_22_creation_can_be_forbidden(creation_forbidden)]
#[case::trap_26_operations_only_where_asked(operations)]
#[case::trap_27_internal_topics_are_marked(internal)]
#[case::trap_27_asking_makes_internal_topics_whole_or_not(internal_on_demand)]
#[case::trap_29_unknown_topic_id(unknown_id)]
#[case::trap_30_leader_and_replicas(leader_and_replicas)]
#[case::trap_31_the_advertised_address_can_be_reached(reachable)]
#[case::trap_32_describe_cluster(describe_cluster)]
#[case::trap_97_a_created_topic_is_visible_at_once(visible_at_once)]
fn metadata(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

fn ask(client: &mut Client, version: i16, topics: Option<&[&str]>) -> Result<MetadataResponse> {
    let topics = topics.map(|names| {
        let named = |name: &&str| MetadataRequestTopic::default().with_name(Some(topic(name)));
        names.iter().map(named).collect()
    });
    client.call(version, &MetadataRequest::default().with_topics(topics))
}

/// Asks for `t` alone.
fn ask_t(
    client: &mut Client,
    request: &MetadataRequest,
    version: i16,
) -> Result<MetadataResponseTopic> {
    let asked = MetadataRequestTopic::default().with_name(Some(topic("t")));
    only(client.call(version, &request.clone().with_topics(Some(vec![asked])))?.topics)
}

fn names(answer: &MetadataResponse) -> Vec<&str> {
    answer.topics.iter().filter_map(|t| t.name.as_ref().map(|name| name.as_str())).collect()
}

fn all_or_none(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    for (version, topics, expected) in [
        (0, Some(&[][..]), &["t"][..]),
        (1, Some(&[]), &[]),
        (1, None, &["t"]),
        (9, Some(&[]), &[]),
        (9, None, &["t"]),
        (13, None, &["t"]),
    ] {
        let answer = ask(&mut client, version, topics)?;
        ensure!(names(&answer) == expected, "version {version} {topics:?}: {:?}", names(&answer));
    }
    Ok(())
}

fn unknown_names(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    for (name, code) in [("unknown", 3), ("not/legal", 17), ("..", 17)] {
        let answer = only(client.metadata(name)?.topics)?;
        ensure!(answer.error_code == code, "{name}: {}", answer.error_code);
        ensure!(answer.partitions.is_empty());
    }
    Ok(())
}

fn asking_creates(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    let first = only(ask(&mut client, 8, Some(&["made"]))?.topics)?;
    ensure!((first.error_code, first.partitions.len()) == (3, 0), "as Apache Kafka: {first:?}");
    let second = only(ask(&mut client, 8, Some(&["made"]))?.topics)?;
    ensure!((second.error_code, second.partitions.len()) == (0, 1));
    Ok(())
}

fn creation_forbidden(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    client.metadata("never")?;
    ensure!(names(&ask(&mut client, 12, None)?).is_empty());
    Ok(())
}

fn operations(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let plain = MetadataRequest::default();
    ensure!(ask_t(&mut client, &plain, 10)?.topic_authorized_operations == i32::MIN);
    let wanted = plain.with_include_topic_authorized_operations(true);
    ensure!(ask_t(&mut client, &wanted, 10)?.topic_authorized_operations > 0);
    Ok(())
}

fn internal(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    client.create_topic("__consumer_offsets", 1, &[("cleanup.policy", "compact")])?;
    let marked = |client: &mut Client, name| -> Result<bool> {
        Ok(only(client.metadata(name)?.topics)?.is_internal)
    };
    ensure!(marked(&mut client, "__consumer_offsets")?);
    ensure!(!marked(&mut client, "t")?);
    Ok(())
}

/// With a user's defaults, retention would drop committed offsets.
fn internal_on_demand(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    for name in ["__consumer_offsets", "__transaction_state", "__share_group_state"] {
        let first = only(ask(&mut client, 8, Some(&[name]))?.topics)?;
        ensure!(first.error_code == 3, "{first:?}");
    }
    let all = ask(&mut client, 12, None)?;
    ensure!(names(&all) == ["__consumer_offsets"], "{all:?}");
    ensure!(only(all.topics)?.partitions.len() == 50);
    let described = admin::describe(&mut client, 2, "__consumer_offsets")?;
    ensure!(admin::value(&described, "cleanup.policy")? == "compact");
    Ok(())
}

fn unknown_id(broker: &Broker) -> Result<()> {
    let asked = MetadataRequestTopic::default().with_name(None).with_topic_id(Uuid::from_u128(9));
    let request = MetadataRequest::default().with_topics(Some(vec![asked]));
    let answer = only(client(broker)?.call(12, &request)?.topics)?;
    ensure!((answer.error_code, answer.name) == (100, None));
    Ok(())
}

fn leader_and_replicas(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let answer = client.metadata("t")?;
    let node = only(answer.brokers.clone())?.node_id;
    let partition = only(only(answer.topics)?.partitions)?;
    ensure!((partition.error_code, partition.leader_id) == (0, node));
    ensure!(partition.replica_nodes == [node] && partition.isr_nodes == [node]);
    Ok(())
}

fn reachable(broker: &Broker) -> Result<()> {
    let advertised = only(client(broker)?.metadata("t")?.brokers)?;
    let port = u16::try_from(advertised.port)?;
    TcpStream::connect((advertised.host.as_str(), port)).context("advertised address")?;
    Ok(())
}

fn describe_cluster(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    let plain = DescribeClusterRequest::default();
    for version in 0..=2 {
        let cluster = client.call(version, &plain)?;
        let node = only(cluster.brokers)?;
        ensure!((cluster.error_code, cluster.endpoint_type) == (0, 1));
        ensure!(cluster.controller_id == node.broker_id && cluster.cluster_id.len() == 22);
        ensure!(cluster.cluster_authorized_operations == i32::MIN);
    }
    let wanted = plain.clone().with_include_cluster_authorized_operations(true);
    ensure!(client.call(1, &wanted)?.cluster_authorized_operations > 0);
    for (endpoint, code) in [(2, 114), (9, 115)] {
        let refused = client.call(1, &plain.clone().with_endpoint_type(endpoint))?;
        ensure!(refused.error_code == code, "endpoint {endpoint}: {}", refused.error_code);
    }
    Ok(())
}

fn visible_at_once(broker: &Broker) -> Result<()> {
    let (mut one, mut other) = (client(broker)?, client(broker)?);
    for n in 0..20 {
        let name = format!("topic-{n}");
        one.create_topic(&name, 3, &[])?;
        let seen = only(other.metadata(&name)?.topics)?;
        ensure!((seen.error_code, seen.partitions.len()) == (0, 3), "{name}");
        ensure!(other.latest(&name, 2)? == 0);
    }
    Ok(())
}

#[test]
fn traps_23_to_25_and_28_identities_outlive_a_restart_and_epochs_grow() -> Result<()> {
    let broker = Broker::start()?;
    let facts = |broker: &Broker| -> Result<_> {
        let answer = client(broker)?.metadata("t")?;
        let node = only(answer.brokers)?.node_id;
        ensure!(answer.controller_id == node, "trap 23: the controller is one of the brokers");
        let t = only(answer.topics)?;
        let epoch = t.partitions.first().map(|partition| partition.leader_epoch);
        Ok((answer.cluster_id.context("trap 23: no cluster id")?, node, t.topic_id, epoch))
    };
    client_with_topic(&broker, &[])?;
    let before = facts(&broker)?;
    ensure!(!before.2.is_nil(), "trap 28: the topic has no id");
    ensure!(before.3 >= Some(0), "trap 24: the epoch is not real");
    let broker = broker.kill()?.start()?;
    let after = facts(&broker)?;
    ensure!((&before.0, before.1, before.2) == (&after.0, after.1, after.2));
    ensure!(after.3 > before.3, "trap 24: {:?} does not grow from {:?}", after.3, before.3);

    let mut client = client(&broker)?;
    client.delete_topic("t")?;
    client.create_topic("t", 1, &[])?;
    ensure!(facts(&broker)?.2 != after.2, "trap 25: a topic made again is another one");
    Ok(())
}

#[test]
fn trap_20_without_auto_creation_an_unknown_topic_stays_unknown() -> Result<()> {
    let broker = Launch::new()?.set("auto.create.topics.enable", false).start()?;
    let mut client = client(&broker)?;
    for version in [1, 4, 12] {
        let answer = only(ask(&mut client, version, Some(&["unknown"]))?.topics)?;
        ensure!((answer.error_code, answer.partitions.len()) == (3, 0), "version {version}");
        ensure!(answer.name == Some(topic("unknown")));
    }
    Ok(())
}

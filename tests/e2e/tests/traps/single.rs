//! What a single broker answers about replicas, directories, leaders, the quorum and security: the
//! true answers, in the words of Apache Kafka 4.3.1.

use anyhow::{Context, Result, ensure};
use protocol_types::ProducerId;
use protocol_wire::messages::alter_configs_request::{AlterConfigsResource, AlterableConfig};
use protocol_wire::messages::alter_partition_reassignments_request::{
    ReassignablePartition, ReassignableTopic,
};
use protocol_wire::messages::alter_replica_log_dirs_request::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic,
};
use protocol_wire::messages::create_acls_request::AclCreation;
use protocol_wire::messages::delete_acls_request::DeleteAclsFilter;
use protocol_wire::messages::describe_producers_request::TopicRequest;
use protocol_wire::messages::describe_quorum_request::{PartitionData, TopicData};
use protocol_wire::messages::describe_user_scram_credentials_request::UserName;
use protocol_wire::messages::elect_leaders_request::TopicPartitions;
use protocol_wire::messages::{
    AlterConfigsRequest, AlterPartitionReassignmentsRequest, AlterReplicaLogDirsRequest, BrokerId,
    CreateAclsRequest, CreateDelegationTokenRequest, DeleteAclsRequest, DescribeAclsRequest,
    DescribeDelegationTokenRequest, DescribeLogDirsRequest, DescribeLogDirsResponse,
    DescribeProducersRequest, DescribeQuorumRequest, DescribeUserScramCredentialsRequest,
    ElectLeadersRequest, ExpireDelegationTokenRequest, ListConfigResourcesRequest,
    ListPartitionReassignmentsRequest, RenewDelegationTokenRequest, SaslAuthenticateRequest,
    SaslHandshakeRequest, UnregisterBrokerRequest,
};
use protocol_wire::request::decode_response;
use rstest::rstest;
use tests_e2e::broker::Broker;
use tests_e2e::client::Client;

use super::Check;
use super::admin::{TOPIC, alter_broker, describe, value};
use super::ask::{batch, client, client_with_topic, only, produce, sequenced, text, topic};

#[rstest]
#[case::trap_102_replacing_all_configs(replacing)]
#[case::trap_103_describe_log_dirs(log_dirs)]
#[case::trap_103_a_cordoned_directory(cordoned)]
#[case::trap_104_no_authoriser(no_authoriser)]
#[case::trap_107_elect_leaders(elect_leaders)]
#[case::replicas_stay_where_they_are(replicas)]
#[case::no_user_has_credentials(credentials)]
#[case::the_quorum_is_this_broker(quorum)]
#[case::producers_are_described(producers)]
#[case::resources_are_listed(resources)]
#[case::delegation_tokens_on_plaintext(tokens)]
#[case::sasl_on_plaintext(sasl)]
fn single(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

fn node(client: &mut Client) -> Result<i32> {
    Ok(only(client.metadata("t")?.brokers)?.node_id.0)
}

fn replacing(broker: &Broker) -> Result<()> {
    let mut client =
        client_with_topic(broker, &[("retention.ms", "1000"), ("segment.ms", "2000")])?;
    let resource = AlterConfigsResource::default()
        .with_resource_type(2)
        .with_resource_name(text("t"))
        .with_configs(vec![
            AlterableConfig::default()
                .with_name(text("retention.ms"))
                .with_value(Some(text("3000"))),
        ]);
    for version in 0..=2 {
        let request = AlterConfigsRequest::default().with_resources(vec![resource.clone()]);
        let answer = only(client.call(version, &request)?.responses)?;
        ensure!((answer.error_code, answer.error_message) == (0, None), "version {version}");
    }
    let described = describe(&mut client, TOPIC, "t")?;
    ensure!(value(&described, "retention.ms")? == "3000");
    ensure!(value(&described, "segment.ms")? == "604800000", "not named: the default");
    Ok(())
}

fn log_dirs(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    ensure!(produce(&mut client, 9, -1, Some(batch(&[1, 2, 3])?))?.error_code == 0);
    for version in 1..=4 {
        let request = DescribeLogDirsRequest::default().with_topics(None);
        let dir = only(client.call(version, &request)?.results)?;
        ensure!(dir.error_code == 0 && dir.log_dir.starts_with('/'), "{dir:?}");
        ensure!((dir.total_bytes > 0 && dir.usable_bytes > 0) == (version >= 4), "{dir:?}");
        let topic = dir.topics.iter().find(|topic| topic.name.as_str() == "t");
        let partition = only(topic.context("no t")?.partitions.clone())?;
        ensure!(partition.partition_size > 0 && partition.offset_lag == 0, "{partition:?}");
    }
    Ok(())
}

/// What version 5 says of the directory, and what else it says, read as version 4.
fn log_dirs_5(client: &mut Client) -> Result<(u8, DescribeLogDirsResponse)> {
    let correlation_id = client.send(5, &DescribeLogDirsRequest::default().with_topics(None))?;
    let mut frame = client.receive_frame()?.context("no answer")?.to_vec();
    // Behind it are the directory's tags and the answer's.
    let at = frame.len().checked_sub(3).context("a short answer")?;
    let is_cordoned = frame.remove(at);
    let (answered, rest) = decode_response::<DescribeLogDirsRequest>(4, frame.into())?;
    ensure!(answered == correlation_id);
    Ok((is_cordoned, rest))
}

fn cordoned(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    ensure!(produce(&mut client, 9, -1, Some(batch(&[1, 2, 3])?))?.error_code == 0);
    let (is_cordoned, rest) = log_dirs_5(&mut client)?;
    let dir = only(rest.results)?;
    ensure!(is_cordoned == 0 && dir.error_code == 0, "{dir:?}");
    ensure!(dir.total_bytes > 0 && dir.usable_bytes > 0, "{dir:?}");
    let topic = dir.topics.iter().find(|topic| topic.name.as_str() == "t");
    ensure!(only(topic.context("no t")?.partitions.clone())?.partition_size > 0);

    let own = dir.log_dir.to_string();
    for (set, told) in [("*", 1), ("", 0), (&own, 1), ("/elsewhere", 0)] {
        alter_broker(&mut client, "cordoned.log.dirs", set)?;
        ensure!(log_dirs_5(&mut client)?.0 == told, "cordoned.log.dirs={set}");
    }
    Ok(())
}

fn no_authoriser(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    let described = client.call(3, &DescribeAclsRequest::default())?;
    ensure!(described.error_code == 54);
    let said = described.error_message.context("no message")?;
    ensure!(said.as_str() == "No Authorizer is configured on the broker");
    let request = CreateAclsRequest::default().with_creations(vec![AclCreation::default()]);
    let created = only(client.call(3, &request)?.results)?;
    ensure!(created.error_code == 54);
    let said = created.error_message.context("no message")?;
    ensure!(said.as_str() == "No Authorizer is configured.");
    let request = DeleteAclsRequest::default().with_filters(vec![DeleteAclsFilter::default()]);
    ensure!(only(client.call(3, &request)?.filter_results)?.error_code == 54);
    Ok(())
}

fn elect_leaders(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let asked = |partition| {
        let named = TopicPartitions::default().with_topic(topic("t"));
        let named = named.with_partitions(vec![partition]);
        ElectLeadersRequest::default().with_topic_partitions(Some(vec![named]))
    };
    for (partition, code) in [(0, 84), (9, 3)] {
        for version in 0..=2 {
            let answer = client.call(version, &asked(partition))?;
            ensure!(answer.error_code == 0);
            let result = only(only(answer.replica_election_results)?.partition_result)?;
            ensure!(result.error_code == code, "{result:?}");
        }
    }
    let late = client.call(2, &asked(0).with_timeout_ms(0))?;
    ensure!(late.error_code == 7);
    let all = client.call(2, &ElectLeadersRequest::default().with_topic_partitions(None))?;
    let told = only(all.replica_election_results)?;
    ensure!(all.error_code == 0 && told.partition_result.is_empty(), "nothing needed one");
    Ok(())
}

fn replicas(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let node = node(&mut client)?;
    for (replicas, code) in [
        (Some(vec![node]), 0),
        (Some(vec![node + 1]), 39),
        (Some(vec![node, node]), 39),
        (Some(vec![]), 39),
        (None, 85),
    ] {
        let replicas = replicas.map(|ids: Vec<i32>| ids.into_iter().map(BrokerId).collect());
        let partition = ReassignablePartition::default().with_replicas(replicas);
        let moved =
            ReassignableTopic::default().with_name(topic("t")).with_partitions(vec![partition]);
        let request = AlterPartitionReassignmentsRequest::default().with_topics(vec![moved]);
        let answer = only(only(client.call(1, &request)?.responses)?.partitions)?;
        ensure!(answer.error_code == code, "{answer:?}");
    }
    let listed = client.call(0, &ListPartitionReassignmentsRequest::default().with_topics(None))?;
    ensure!(listed.error_code == 0 && listed.topics.is_empty());

    let dirs = client.call(4, &DescribeLogDirsRequest::default().with_topics(None))?;
    let own = only(dirs.results)?.log_dir;
    for (path, partition, code) in
        [(own.clone(), 0, 0), (own, 9, 3), (text("/no/such/directory"), 0, 57)]
    {
        let named = AlterReplicaLogDirTopic::default()
            .with_name(topic("t"))
            .with_partitions(vec![partition]);
        let dir = AlterReplicaLogDir::default().with_path(path).with_topics(vec![named]);
        let request = AlterReplicaLogDirsRequest::default().with_dirs(vec![dir]);
        let answer = only(only(client.call(2, &request)?.results)?.partitions)?;
        ensure!(answer.error_code == code, "{answer:?}");
    }
    let request = UnregisterBrokerRequest::default().with_broker_id(BrokerId(node + 1));
    let answer = client.call(0, &request)?;
    ensure!(answer.error_code == 102, "{answer:?}");
    Ok(())
}

fn credentials(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    let named = |names: &[&str]| {
        names.iter().map(|name| UserName::default().with_name(text(name))).collect::<Vec<_>>()
    };
    for everybody in [None, Some(Vec::new())] {
        let request = DescribeUserScramCredentialsRequest::default().with_users(everybody);
        let answer = client.call(0, &request)?;
        ensure!(answer.error_code == 0 && answer.results.is_empty(), "{answer:?}");
    }
    let users = Some(named(&["anna", "bob", "bob"]));
    let request = DescribeUserScramCredentialsRequest::default().with_users(users);
    let results = client.call(0, &request)?.results;
    let codes: Vec<_> = results.iter().map(|result| (&*result.user, result.error_code)).collect();
    ensure!(codes == [("anna", 91), ("bob", 92)], "{results:?}");
    Ok(())
}

fn quorum(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    let node = node(&mut client)?;
    let partition = PartitionData::default().with_partition_index(0);
    let metadata = TopicData::default()
        .with_topic_name(topic("__cluster_metadata"))
        .with_partitions(vec![partition]);
    for version in 0..=2 {
        let request = DescribeQuorumRequest::default().with_topics(vec![metadata.clone()]);
        let answer = client.call(version, &request)?;
        ensure!(answer.error_code == 0);
        let described = only(only(answer.topics)?.partitions)?;
        ensure!(described.leader_id.0 == node && described.error_code == 0);
        ensure!(only(described.current_voters)?.replica_id.0 == node, "the leader is a voter");
        ensure!((answer.nodes.len() == 1) == (version >= 2));
    }
    Ok(())
}

fn producers(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let written = sequenced(ProducerId(77), 0, 0, 3)?;
    ensure!(produce(&mut client, 9, -1, Some(written))?.error_code == 0);
    let asked = |name, partition| {
        let named =
            TopicRequest::default().with_name(topic(name)).with_partition_indexes(vec![partition]);
        DescribeProducersRequest::default().with_topics(vec![named])
    };
    let told = only(only(client.call(0, &asked("t", 0))?.topics)?.partitions)?;
    let producer = only(told.active_producers)?;
    ensure!((producer.producer_id.0, producer.producer_epoch) == (77, 0), "{producer:?}");
    ensure!((producer.last_sequence, producer.last_timestamp) == (2, 1), "{producer:?}");
    ensure!(producer.current_txn_start_offset == -1);
    for (name, partition, code) in [("t", 9, 3), ("gone", 0, 3), ("a/b", 0, 17)] {
        let told = only(only(client.call(0, &asked(name, partition))?.topics)?.partitions)?;
        ensure!(told.error_code == code, "{name} {partition}: {told:?}");
    }
    Ok(())
}

fn resources(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let node = node(&mut client)?.to_string();
    let all = client.call(1, &ListConfigResourcesRequest::default())?;
    ensure!(all.error_code == 0);
    for (kind, name) in [(2, "t"), (4, node.as_str()), (8, node.as_str())] {
        let mut listed = all.config_resources.iter();
        let found = listed.any(|r| (r.resource_type, r.resource_name.as_str()) == (kind, name));
        ensure!(found, "{kind} {name}: {all:?}");
    }
    let unknown = ListConfigResourcesRequest::default().with_resource_types(vec![99]);
    ensure!(client.call(1, &unknown)?.error_code == 35);
    Ok(())
}

fn sasl(broker: &Broker) -> Result<()> {
    const ILLEGAL_STATE: i16 = 34;
    let mut client = client(broker)?;
    for version in 0..=1 {
        let request = SaslHandshakeRequest::default().with_mechanism(text("PLAIN"));
        let answer = client.call(version, &request)?;
        ensure!(answer.error_code == ILLEGAL_STATE && answer.mechanisms.is_empty(), "{answer:?}");
    }
    for version in 0..=2 {
        let answer = client.call(version, &SaslAuthenticateRequest::default())?;
        ensure!(answer.error_code == ILLEGAL_STATE && answer.error_message.is_some(), "{answer:?}");
    }
    Ok(())
}

fn tokens(broker: &Broker) -> Result<()> {
    const NOT_ALLOWED: i16 = 64;
    let mut client = client(broker)?;
    for version in 1..=3 {
        let created = client.call(version, &CreateDelegationTokenRequest::default())?;
        ensure!(created.error_code == NOT_ALLOWED);
        ensure!(created.principal_name.as_str() == "ANONYMOUS", "{created:?}");
        let described = client.call(version, &DescribeDelegationTokenRequest::default())?;
        ensure!(described.error_code == NOT_ALLOWED);
    }
    let renewed = client.call(2, &RenewDelegationTokenRequest::default())?;
    ensure!(renewed.error_code == NOT_ALLOWED);
    let expired = client.call(2, &ExpireDelegationTokenRequest::default())?;
    ensure!(expired.error_code == NOT_ALLOWED);
    Ok(())
}

//! Clients' metrics (KIP-714): what a client is told, and what `/metrics` shows of its pushes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use broker_env::{Clock, OsClock};
use bytes::Bytes;
use protocol_records::compression::compress;
use protocol_types::Codec;
use protocol_wire::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use protocol_wire::messages::{
    ApiVersionsRequest, GetTelemetrySubscriptionsRequest, IncrementalAlterConfigsRequest,
    ListConfigResourcesRequest, PushTelemetryRequest,
};
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;
use uuid::Uuid;

use super::ask::{client, only, text};

const CLIENT_METRICS: i8 = 16;
const LOOK: Duration = Duration::from_millis(20);
const TRIES: u32 = 1_500;

fn subscribe(client: &mut Client, values: &[(&str, &str)]) -> Result<i16> {
    let config = |(name, value): &(&str, &str)| {
        AlterableConfig::default()
            .with_name(text(name))
            .with_config_operation(0)
            .with_value(Some(text(value)))
    };
    let resource = AlterConfigsResource::default()
        .with_resource_type(CLIENT_METRICS)
        .with_resource_name(text("sub"))
        .with_configs(values.iter().map(config).collect());
    let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
    Ok(only(client.call(1, &request)?.responses)?.error_code)
}

/// A gauge `m` with a value and no attributes, in OTLP.
fn gauge(value: f64) -> Vec<u8> {
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    let wrap = |field: u8, bytes: &[u8]| [&[field << 3 | 2, length(bytes)], bytes].concat();
    let point = [&[4 << 3 | 1][..], &value.to_le_bytes()].concat();
    let metric = [wrap(1, b"m"), wrap(5, &wrap(1, &point))].concat();
    wrap(1, &wrap(2, &wrap(2, &metric)))
}

fn metrics(address: SocketAddr) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /metrics HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn shows(broker: &Broker, wanted: &str) -> Result<()> {
    for _ in 0..TRIES {
        if metrics(broker.http())?.lines().any(|line| line.contains(wanted)) {
            return Ok(());
        }
        OsClock.sleep(LOOK);
    }
    anyhow::bail!("/metrics does not show {wanted}")
}

#[test]
fn trap_112_a_client_is_told_what_to_push_and_its_push_is_shown() -> Result<()> {
    let broker = Launch::new()?.set("metrics.survey.interval.ms", 200).start()?;
    let mut client = client(&broker)?;
    let introduction = ApiVersionsRequest::default()
        .with_client_software_name(text("teller"))
        .with_client_software_version(text("1.0"));
    client.call(3, &introduction)?;

    let nothing = client.call(0, &GetTelemetrySubscriptionsRequest::default())?;
    ensure!(nothing.error_code == 0 && !nothing.client_instance_id.is_nil(), "{nothing:?}");
    ensure!(nothing.push_interval_ms == 300_000 && nothing.requested_metrics.is_empty());
    ensure!(nothing.accepted_compression_types == [4, 3, 1, 2] && nothing.delta_temporality);
    ensure!(nothing.telemetry_max_bytes == 1 << 20, "{nothing:?}");

    ensure!(subscribe(&mut client, &[("match", "no=way")])? == 40);
    ensure!(subscribe(&mut client, &[("interval.ms", "1")])? == 42);
    let values =
        [("metrics", "*"), ("interval.ms", "100"), ("match", "client_software_name=tell.*")];
    ensure!(subscribe(&mut client, &values)? == 0);
    let listed = client.call(0, &ListConfigResourcesRequest::default())?;
    ensure!(only(listed.config_resources)?.resource_name == text("sub"));

    let id = nothing.client_instance_id;
    let ask = GetTelemetrySubscriptionsRequest::default().with_client_instance_id(id);
    let told = client.call(0, &ask)?;
    ensure!(told.error_code == 0 && told.client_instance_id == id, "{told:?}");
    ensure!(told.push_interval_ms == 100 && told.requested_metrics == [text("*")], "{told:?}");

    let mut packed = Vec::new();
    compress(Codec::Zstd, &gauge(42.5), &mut packed)?;
    let push = PushTelemetryRequest::default()
        .with_client_instance_id(id)
        .with_subscription_id(told.subscription_id)
        .with_compression_type(4)
        .with_metrics(Bytes::from(packed));
    ensure!(client.call(0, &push)?.error_code == 0);
    shows(&broker, "ringtide_client_metric{metric=\"m\"")?;

    let unknown = push.clone().with_client_instance_id(Uuid::from_u128(7)).with_subscription_id(1);
    ensure!(client.call(0, &unknown)?.error_code == 117);
    let nobody = push.clone().with_client_instance_id(Uuid::nil());
    ensure!(client.call(0, &nobody)?.error_code == 42);
    let mut last = push.with_terminating(true);
    ensure!(client.call(0, &last)?.error_code == 0);
    last = last.with_terminating(false);
    ensure!(client.call(0, &last)?.error_code == 42, "it has taken its leave");
    Ok(())
}

/// Subscriptions outlive a kill, like everything else that is metadata.
#[test]
fn subscriptions_survive_a_kill() -> Result<()> {
    let broker = Launch::new()?.start()?;
    ensure!(subscribe(&mut client(&broker)?, &[("metrics", "a.b")])? == 0);
    let broker = broker.kill()?.start()?;
    let told = client(&broker)?.call(0, &GetTelemetrySubscriptionsRequest::default())?;
    let metric = told.requested_metrics.first().context("nothing requested")?;
    ensure!(*metric == text("a.b"), "{told:?}");
    Ok(())
}

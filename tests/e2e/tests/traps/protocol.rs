//! Frames, versions and the order of answers.

use anyhow::{Context, Result, ensure};
use bytes::{Buf, BytesMut};
use protocol_wire::frame::PREFIX_LEN;
use protocol_wire::messages::{ApiVersionsRequest, ApiVersionsResponse};
use protocol_wire::request::encode_request;
use protocol_wire::samples::{self, Fill};
use rstest::rstest;
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::FetchFrom;

use super::Check;
use super::ask::{batch, client, client_with_topic, produce_request};

#[rstest]
#[case::traps_1_to_4_a_version_too_new_is_answered_and_asked_again(too_new)]
#[case::trap_5_every_advertised_version_is_answered(every_version)]
#[case::trap_6_produce_is_advertised_from_version_0(produce_from_0)]
#[case::trap_12_a_long_poll_does_not_lose_its_place(long_poll_first)]
#[case::trap_13_acks_0_has_no_answer(acks_0)]
#[case::trap_13_acks_0_with_an_error_closes(acks_0_error)]
#[case::trap_14_what_precedes_a_bad_frame_is_done(before_a_bad_frame)]
fn protocol(#[case] check: Check) -> Result<()> {
    check(&Broker::start()?)
}

fn versions() -> ApiVersionsRequest {
    use protocol_wire::messages::StrBytes;
    ApiVersionsRequest::default()
        .with_client_software_name(StrBytes::from_static_str("e2e"))
        .with_client_software_version(StrBytes::from_static_str("1"))
}

fn too_new(broker: &Broker) -> Result<()> {
    let mut client = client(broker)?;
    let mut frame = BytesMut::new();
    encode_request(&mut frame, 4, 77, Some("e2e"), &versions())?;
    frame.get_mut(6..8).context("a header")?.copy_from_slice(&99_i16.to_be_bytes());
    client.send_bytes(&frame)?;

    let mut answer = client.receive_frame()?.unwrap_or_default();
    ensure!(answer.get_i32() == 77, "correlation id, and no tag byte behind it");
    let body = [0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4];
    ensure!(answer[..] == body, "{answer:?}");
    // The client asks again on the same connection with what it was told.
    let again: ApiVersionsResponse = client.call(4, &versions())?;
    ensure!(again.error_code == 0 && again.api_keys.len() > 10);
    Ok(())
}

fn every_version(broker: &Broker) -> Result<()> {
    for (api, version) in samples::served_versions() {
        for fill in [Fill::Full, Fill::Nulls, Fill::Empty] {
            // A connection of its own: an answer that is missing must not be taken from the next.
            let mut client = client(broker)?;
            client.send_bytes(&samples::frame(api, version, fill)?)?;
            let answer = client.receive_frame()?;
            let correlation_id = answer.map(|mut answer| answer.get_i32());
            let name = api.name();
            ensure!(
                correlation_id == Some(samples::CORRELATION_ID),
                "{name} {version} {fill:?}: {correlation_id:?}"
            );
        }
    }
    Ok(())
}

fn produce_from_0(broker: &Broker) -> Result<()> {
    let answer = client(broker)?.call(3, &versions())?;
    let produce = answer.api_keys.iter().find(|api| api.api_key == 0);
    let range = produce.map(|api| (api.min_version, api.max_version));
    ensure!(range == Some((0, 13)), "{range:?}");
    Ok(())
}

fn long_poll_first(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let poll = FetchFrom { min_bytes: 1, max_wait_ms: 200, ..FetchFrom::new("t", 0, 0) };
    let fetch = client.send_fetch(&poll)?;
    let versions_first = client.send(4, &versions())?;
    let versions_second = client.send(0, &ApiVersionsRequest::default())?;
    // `receive` refuses an answer to another request.
    client.receive_fetched(fetch)?;
    client.receive::<ApiVersionsRequest>(4, versions_first)?;
    client.receive::<ApiVersionsRequest>(0, versions_second)?;
    Ok(())
}

fn acks_0(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    client.send(9, &produce_request(0, Some(batch(&[1, 2])?)))?;
    let next = client.send(4, &versions())?;
    client.receive::<ApiVersionsRequest>(4, next)?;
    ensure!(
        client
            .fetch(&FetchFrom { min_bytes: 1, max_wait_ms: 5000, ..FetchFrom::new("t", 0, 0) })?
            .error
            == 0
    );
    ensure!(client.latest("t", 0)? == 2);
    Ok(())
}

fn acks_0_error(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[])?;
    let mut corrupt = batch(&[1])?.to_vec();
    if let Some(last) = corrupt.last_mut() {
        *last ^= 1;
    }
    client.send(9, &produce_request(0, Some(corrupt.into())))?;
    let answer = client.receive_frame();
    ensure!(!matches!(answer, Ok(Some(_))), "acks=0 was answered");
    Ok(())
}

#[test]
fn trap_14_a_frame_above_socket_request_max_bytes_closes() -> Result<()> {
    let broker = Launch::new()?.set("socket.request.max.bytes", 100_000).start()?;
    let mut client = client(&broker)?;
    client.send_bytes(&100_001_i32.to_be_bytes())?;
    ensure!(!matches!(client.receive_frame(), Ok(Some(_))));
    const _: () = assert!(PREFIX_LEN == 4);
    Ok(())
}

#[test]
fn trap_110_an_idle_connection_is_closed_by_the_broker() -> Result<()> {
    let broker = Launch::new()?.set("connections.max.idle.ms", 1_000).start()?;
    let mut client = client(&broker)?;
    client.call(4, &versions())?;
    ensure!(client.receive_frame()?.is_none(), "closed in an orderly way");
    Ok(())
}

/// Both come in one read, or nearly: the request is done, and answered where nothing is waited for.
fn before_a_bad_frame(broker: &Broker) -> Result<()> {
    let mut client = client_with_topic(broker, &[("flush.policy", "async")])?;
    for offset in 0..5 {
        let mut bytes = BytesMut::new();
        encode_request(&mut bytes, 9, 7, None, &produce_request(1, Some(batch(&[1])?)))?;
        bytes.extend_from_slice(&i32::MAX.to_be_bytes());
        let mut hasty = self::client(broker)?;
        hasty.send_bytes(&bytes)?;
        let answer = hasty.receive_frame()?.context("closed without the answer")?;
        ensure!(answer.starts_with(&7_i32.to_be_bytes()), "another answer");
        ensure!(hasty.receive_frame()?.is_none(), "and goes on");
        ensure!(client.latest("t", 0)? == offset + 1, "not appended");
    }
    Ok(())
}

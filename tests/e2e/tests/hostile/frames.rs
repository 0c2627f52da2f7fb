//! Frames that are cut off, lie about their length, or are no frames at all.

use anyhow::{Context, Result, bail};
use broker_env::sim::Rng;
use protocol_types::ApiKey;
use protocol_wire::samples::served_versions;
use rstest::rstest;
use tests_e2e::broker::{Broker, Launch};
use tests_e2e::client::Client;

use super::attack::{
    Outcome, attack, attack_and_end, holds_memory, outcome, sample, serves, serves_over, set_length,
};

fn must_close(outcome: &Outcome) -> Result<()> {
    match outcome {
        Outcome::Closed => Ok(()),
        Outcome::Answered(answer) => bail!("answered with {} bytes", answer.len()),
    }
}

#[test]
fn a_request_cut_anywhere_is_not_answered() -> Result<()> {
    let broker = Broker::start()?;
    for (api, version) in served_versions() {
        let (frame, body_at) = sample(api, version)?;
        let places = [1, 4, 7, 11, body_at, body_at + (frame.len() - body_at) / 2, frame.len() - 1];
        // Without a body, some of them are its end.
        for keep in places.into_iter().filter(|keep| *keep < frame.len()) {
            // The connection ends before its frame does.
            let cut = &frame[..keep];
            let outcome = attack_and_end(&broker, cut).and_then(|outcome| must_close(&outcome));
            outcome.with_context(|| format!("{api:?} {version} ended after {keep} bytes"))?;
            // The frame ends before its request does.
            if keep > body_at {
                let mut cut = cut.to_vec();
                set_length(&mut cut);
                let outcome = attack(&broker, &cut).and_then(|outcome| must_close(&outcome));
                outcome.with_context(|| format!("{api:?} {version} framed to {keep} bytes"))?;
            }
        }
    }
    serves(&broker)
}

/// In its length, its header, its body.
#[rstest]
fn a_frame_that_stalls_is_not_waited_for_beyond_the_idle_limit(
    #[values(2, 9, 40)] sent: usize,
) -> Result<()> {
    let broker = Launch::new()?.set("connections.max.idle.ms", 1000).start()?;
    let (frame, _) = sample(ApiKey::Produce, 9)?;
    let begun = frame.get(..sent).context("a short sample")?;
    must_close(&attack(&broker, begun)?)?;
    // One that has been answered before it stalls.
    let mut client = Client::connect(broker.kafka())?;
    serves_over(&mut client)?;
    client.send_bytes(begun)?;
    must_close(&outcome(&mut client)?)?;
    serves(&broker)
}

#[rstest]
#[case::two_gib(i32::MAX)]
#[case::one_gib(1 << 30)]
#[case::above_the_limit_by_one((4 << 20) + 1)]
#[case::negative(-1)]
#[case::most_negative(i32::MIN)]
#[case::zero(0)]
#[case::smaller_than_a_header(7)]
fn trap_14_a_length_out_of_bounds_closes_the_connection(#[case] length: i32) -> Result<()> {
    let broker = Broker::start()?;
    let bytes = [&length.to_be_bytes()[..], &[0; 64]].concat();
    let attacks = || (0..20).try_for_each(|_| must_close(&attack(&broker, &bytes)?));
    attacks()?;
    // Some huge pages of the allocator, and far from twenty frames of any of these lengths.
    holds_memory(&broker, 16 << 20, attacks)?;
    serves(&broker)
}

#[test]
fn what_is_no_kafka_at_all_is_answered_by_closing() -> Result<()> {
    let broker = Broker::start()?;
    let tls = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    for bytes in [b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n".as_slice(), &tls, b"SSH-2.0-x\r\n"] {
        must_close(&attack(&broker, bytes)?)?;
    }
    let mut rng = Rng::new(1);
    for _ in 0..50 {
        let mut noise = vec![0; 4096];
        rng.fill(&mut noise);
        // A length that can be true, so that what follows it is looked at.
        set_length(&mut noise);
        attack(&broker, &noise)?;
    }
    serves(&broker)
}

#[rstest]
#[case::key_never_given_out(999, 0)]
#[case::key_negative(-1, 0)]
#[case::key_of_an_api_not_served(24, 0)]
#[case::produce_of_the_future(0, 99)]
#[case::produce_of_the_past(0, 2)]
#[case::fetch_of_the_past(1, 0)]
#[case::version_negative(3, -1)]
fn trap_5_what_is_not_served_closes_the_connection(
    #[case] key: i16,
    #[case] version: i16,
) -> Result<()> {
    let broker = Broker::start()?;
    let mut frame = [&[0; 4][..], &key.to_be_bytes(), &version.to_be_bytes(), &[0; 32]].concat();
    set_length(&mut frame);
    must_close(&attack(&broker, &frame)?)?;
    serves(&broker)
}

//! What the pieces are fed with: requests as clients send them, built once.

use anyhow::{Context as _, Result, bail};
use bytes::{Bytes, BytesMut};
use protocol_records::BatchBuilder;
use protocol_types::{Codec, Timestamp};
use protocol_wire::frame::{Frame, next_frame};
use protocol_wire::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use protocol_wire::messages::produce_request::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use protocol_wire::messages::{StrBytes, TopicName};
use protocol_wire::request::{decode_response, encode_request};
use protocol_wire::request_header::{Parsed, RequestHeader, parse};

/// Flexible, with topic names.
pub(crate) const PRODUCE: i16 = 9;
/// Flexible, with topic names.
pub(crate) const FETCH: i16 = 12;
pub(crate) const TOPIC: &str = "gates";
/// Of every batch, and what the clocks of the pieces show.
pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// Bytes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Size {
    #[value(name = "16k")]
    Large,
    #[value(name = "1k")]
    Small,
}

impl Size {
    pub(crate) const ALL: [Self; 2] = [Self::Large, Self::Small];

    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Large => 16 << 10,
            Self::Small => 1 << 10,
        }
    }

    /// As the command line takes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Large => "16k",
            Self::Small => "1k",
        }
    }
}

/// A batch of exactly that size, with one record that does not compress.
pub(crate) fn batch(size: Size) -> Result<Bytes> {
    let mut value = vec![0_u8; size.bytes()];
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for byte in &mut value {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state.to_le_bytes()[0];
    }
    // The record's own lengths take a few bytes that depend on the value's length.
    for overhead in 61..100 {
        let Some(value) = value.get(..size.bytes() - overhead) else { break };
        let mut builder = BatchBuilder::new(Codec::None);
        builder.push(NOW, None, Some(value), &[]);
        let built = builder.build().context("build a batch")?;
        if built.len() == size.bytes() {
            return Ok(built.into());
        }
    }
    bail!("no batch is exactly {} bytes long", size.bytes())
}

/// A frame that writes one batch of `size`, or names no partition at all.
pub(crate) fn produce(size: Option<Size>) -> Result<Bytes> {
    let mut topics = Vec::new();
    if let Some(size) = size {
        let data = PartitionProduceData::default().with_records(Some(batch(size)?));
        topics.push(
            TopicProduceData::default().with_name(topic_name()).with_partition_data(vec![data]),
        );
    }
    let request =
        ProduceRequest::default().with_acks(-1).with_timeout_ms(30_000).with_topic_data(topics);
    frame(PRODUCE, &request)
}

/// A frame that reads one batch of `size`, the topic's first, without a session.
pub(crate) fn fetch(size: Size) -> Result<Bytes> {
    let bytes = i32::try_from(size.bytes())?;
    let partition = FetchPartition::default().with_partition_max_bytes(bytes);
    let topic = FetchTopic::default().with_topic(topic_name()).with_partitions(vec![partition]);
    let request = FetchRequest::default()
        .with_max_wait_ms(500)
        .with_min_bytes(1)
        .with_max_bytes(1 << 20)
        .with_session_epoch(-1)
        .with_topics(vec![topic]);
    frame(FETCH, &request)
}

/// Whether `answer`, a frame without its length, refuses nothing.
pub(crate) fn check_produced(answer: &[u8]) -> Result<()> {
    let (_, answer) = decode_response::<ProduceRequest>(PRODUCE, Bytes::copy_from_slice(answer))?;
    let partitions = answer.responses.iter().flat_map(|topic| &topic.partition_responses);
    match partitions.map(|partition| partition.error_code).find(|code| *code != 0) {
        Some(code) => bail!("a batch was refused with error {code}"),
        None => Ok(()),
    }
}

/// Whether `answer`, a frame without its length, has exactly one batch.
pub(crate) fn check_fetched(answer: &[u8]) -> Result<()> {
    let (_, answer) = decode_response::<FetchRequest>(FETCH, Bytes::copy_from_slice(answer))?;
    let partition = answer.responses.first().and_then(|topic| topic.partitions.first());
    let records = partition.and_then(|partition| partition.records.as_ref());
    match protocol_records::batches(records.context("no records")?).count() {
        1 => Ok(()),
        count => bail!("fetched {count} batches, not one"),
    }
}

/// Frame without its length, and its header.
pub(crate) fn opened(frame: &[u8]) -> Result<(&[u8], RequestHeader<'_>)> {
    let Frame::Complete { body, .. } = next_frame(frame, u32::MAX)? else {
        bail!("no whole frame");
    };
    let Parsed::Served(header) = parse(body)? else { bail!("a version that is not served") };
    Ok((body, header))
}

fn frame<R: protocol_wire::messages::Request + 'static>(
    version: i16,
    request: &R,
) -> Result<Bytes> {
    let mut frame = BytesMut::new();
    encode_request(&mut frame, version, 1, Some("ringtide-gates"), request)?;
    Ok(frame.freeze())
}

fn topic_name() -> TopicName {
    TopicName(StrBytes::from_static_str(TOPIC))
}

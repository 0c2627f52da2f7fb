//! Prebuilt produce requests: valid frames whose batches pass any broker's checks.

pub(crate) mod batch;

use anyhow::{Result, ensure};
use bytes::{Bytes, BytesMut};
use protocol_wire::messages::produce_request::{
    PartitionProduceData, ProduceRequest, TopicProduceData,
};
use protocol_wire::messages::{StrBytes, TopicName};
use protocol_wire::request::encode_request;

pub(crate) use batch::plain as batch;

/// Version used throughout: flexible, with topic names.
pub(crate) const VERSION: i16 = 9;

/// Requests of one connection, back to back, all of one length; sent round and round.
#[derive(Clone, Debug)]
pub(crate) struct Train {
    pub bytes: Bytes,
    /// Bytes of one request, length prefix included.
    pub frame: usize,
    /// Where its batch starts.
    pub batch_at: usize,
    /// Bytes of an answer without an error, length prefix included.
    pub answer: usize,
    /// Where the answer's error code is.
    pub error_at: usize,
    /// Records of a batch, if its producer is idempotent and its sequence numbers go on.
    pub sequenced: Option<u32>,
}

/// Bytes of a frame behind its batch: tagged fields of the partition, the topic and the request.
pub(crate) const BEHIND_BATCH: usize = 3;

/// Requests that write one batch each to `partitions` of `topic`, in turn.
pub(crate) fn train(topic: &str, partitions: &[i32], batch: &Bytes) -> Result<Train> {
    let mut bytes = BytesMut::new();
    let mut frame = 0;
    for (number, &partition) in (0..).zip(partitions) {
        let data =
            PartitionProduceData::default().with_index(partition).with_records(Some(batch.clone()));
        let topic_data = TopicProduceData::default()
            .with_name(TopicName(StrBytes::from_string(topic.to_owned())))
            .with_partition_data(vec![data]);
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(30_000)
            .with_topic_data(vec![topic_data]);
        encode_request(&mut bytes, VERSION, number, Some("ringtide-bench"), &request)?;
        if frame == 0 {
            frame = bytes.len();
        }
    }
    ensure!(bytes.len() == frame * partitions.len(), "requests of one length");
    let batch_at = frame - BEHIND_BATCH - batch.len();
    // length, correlation, tags, topics, name | partitions, index, error, offsets and times,
    // record errors, message, tags | tags, throttle, tags
    let error_at = 4 + 4 + 1 + 1 + 1 + topic.len() + 1 + 4;
    let answer = error_at + 2 + 24 + 1 + 1 + 1 + 1 + 4 + 1;
    Ok(Train { bytes: bytes.freeze(), frame, batch_at, answer, error_at, sequenced: None })
}

//! `produce`: the scenario's records, idempotently, once for each codec.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use rdkafka::ClientContext;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use serde_json::json;

use crate::scenario::{Scenario, say};
use crate::{TIMEOUT, config};

/// Counts what became of the records, and keeps the last refusal.
#[derive(Default)]
pub(crate) struct Deliveries {
    delivered: AtomicUsize,
    refused: AtomicUsize,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => self.delivered.fetch_add(1, Ordering::Relaxed),
            Err((error, _)) => {
                let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
                self.refused.swap(code as usize, Ordering::Relaxed)
            }
        };
    }
}

pub(crate) fn produce(bootstrap: &str, path: &str, prefix: &str) -> Result<()> {
    let scenario = Scenario::read(path)?;
    for codec in &scenario.codecs {
        let topic = format!("{prefix}-{codec}");
        let producer: BaseProducer<Deliveries> = config(bootstrap)
            .set("compression.type", codec)
            .set("enable.idempotence", "true")
            .set("linger.ms", "100")
            .create_with_context(Deliveries::default())?;
        for record in &scenario.records {
            let (key, value) = (record.key()?, record.value()?);
            let mut headers = OwnedHeaders::new();
            for (key, value) in record.headers()? {
                headers = headers.insert(Header { key, value: value.as_ref() });
            }
            let mut message: BaseRecord<'_, Vec<u8>, Vec<u8>> = BaseRecord::to(&topic)
                .partition(record.partition)
                .timestamp(record.timestamp)
                .headers(headers);
            message.key = key.as_ref();
            message.payload = value.as_ref();
            producer.send(message).map_err(|(error, _)| error)?;
        }
        producer.flush(TIMEOUT)?;
        let delivered = producer.context().delivered.load(Ordering::Relaxed);
        ensure!(delivered == scenario.records.len(), "{topic}: {delivered} records delivered");
        say(&json!({ "topic": topic }));
    }
    Ok(())
}

/// Produces one value without a key and returns the broker's error code.
pub(crate) fn produce_one(
    bootstrap: &str,
    topic: &str,
    partition: i32,
    value: &[u8],
) -> Result<usize> {
    let producer: BaseProducer<Deliveries> =
        config(bootstrap).create_with_context(Deliveries::default())?;
    let record = BaseRecord::<[u8], [u8]>::to(topic).partition(partition).payload(value);
    producer.send(record).map_err(|(error, _)| error)?;
    producer.flush(TIMEOUT)?;
    Ok(producer.context().refused.load(Ordering::Relaxed))
}

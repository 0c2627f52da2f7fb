//! `produce`: the scenario's records, idempotently, once for each codec. `writer`: records until told to leave.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use rdkafka::{ClientContext, Message};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use serde_json::json;

use crate::groups::orders;
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
    refusal(bootstrap, BaseRecord::<[u8], [u8]>::to(topic).partition(partition).payload(value))
}

/// Produces a record and returns the broker's error code.
pub(crate) fn refusal(bootstrap: &str, record: BaseRecord<'_, [u8], [u8]>) -> Result<usize> {
    let producer: BaseProducer<Deliveries> = config(bootstrap)
        // By default an unknown topic is waited for.
        .set("topic.metadata.propagation.max.ms", "0")
        .create_with_context(Deliveries::default())?;
    producer.send(record).map_err(|(error, _)| error)?;
    producer.flush(TIMEOUT)?;
    Ok(producer.context().refused.load(Ordering::Relaxed))
}

/// Says where each record was acknowledged.
struct Places;

impl ClientContext for Places {}

impl ProducerContext for Places {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Ok(message) = result {
            say(&json!({"acked": [message.partition(), message.offset()]}));
        }
    }
}

/// `writer`: one record after the other, until told to leave.
pub(crate) fn write(bootstrap: &str, topic: &str, partitions: &str) -> Result<()> {
    let partitions: i32 = partitions.parse()?;
    let producer: BaseProducer<Places> =
        config(bootstrap).set("enable.idempotence", "true").create_with_context(Places)?;
    let orders = orders();
    let mut number = 0;
    while orders.try_recv().is_err() {
        let value = format!("{number}");
        let record = BaseRecord::<(), str>::to(topic).partition(number % partitions).payload(&value);
        producer.send(record).map_err(|(error, _)| error)?;
        // Where the broker is away for longer, the next round waits for this record as well.
        let _ = producer.flush(TIMEOUT);
        number += 1;
    }
    say(&json!({"done": "leave"}));
    Ok(())
}

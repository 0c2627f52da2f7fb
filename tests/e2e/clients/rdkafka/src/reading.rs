//! `consume`: every topic from its beginning to its end, by assigned partitions; offsets by timestamp.

use std::time::Instant;

use anyhow::Result;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::json;

use crate::scenario::{Scenario, say, say_record};
use crate::{TIMEOUT, config};

pub(crate) fn consumer(bootstrap: &str) -> Result<BaseConsumer> {
    Ok(config(bootstrap)
        .set("group.id", "unused")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .create()?)
}

pub(crate) fn consume(bootstrap: &str, path: &str, topics: &[&str]) -> Result<()> {
    let scenario = Scenario::read(path)?;
    let consumer = consumer(bootstrap)?;
    let mut assignment = TopicPartitionList::new();
    let mut missing = 0;
    for topic in topics {
        for (partition, asked) in &scenario.times_asked {
            look_up(&consumer, topic, *partition, *asked)?;
        }
        for partition in 0..scenario.partitions {
            let (low, high) = consumer.fetch_watermarks(topic, partition, TIMEOUT)?;
            missing += high - low;
            assignment.add_partition_offset(topic, partition, Offset::Beginning)?;
        }
    }
    consumer.assign(&assignment)?;
    let deadline = Instant::now() + TIMEOUT;
    while missing > 0 && Instant::now() < deadline {
        if let Some(message) = consumer.poll(TIMEOUT / 10) {
            say_record(&message?);
            missing -= 1;
        }
    }
    Ok(())
}

fn look_up(consumer: &BaseConsumer, topic: &str, partition: i32, asked: i64) -> Result<()> {
    let mut question = TopicPartitionList::new();
    question.add_partition_offset(topic, partition, Offset::Offset(asked))?;
    let answer = consumer.offsets_for_times(question, TIMEOUT)?;
    let offset = match answer.find_partition(topic, partition).map(|found| found.offset()) {
        Some(Offset::Offset(offset)) => Some(offset),
        _ => None,
    };
    say(&json!({"topic": topic, "partition": partition, "asked": asked, "offset": offset}));
    Ok(())
}

/// The code of the error that reading far behind the end brings.
pub(crate) fn out_of_range(bootstrap: &str, topic: &str) -> Result<i32> {
    let consumer = consumer(bootstrap)?;
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, 0, Offset::Offset(1_000_000))?;
    consumer.assign(&assignment)?;
    Ok(match consumer.poll(TIMEOUT) {
        // With `auto.offset.reset=error` the library puts its own code in the place of the broker's.
        Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))) => {
            RDKafkaErrorCode::OffsetOutOfRange as i32
        }
        Some(Err(KafkaError::MessageConsumption(code))) => code as i32,
        _ => 0,
    })
}

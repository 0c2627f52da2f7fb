//! `member`: a consumer that joins a group and takes orders. `group`: what the crate can ask about groups.

use std::collections::BTreeMap;
use std::io::stdin;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_executor::block_on;
use rdkafka::admin::AdminOptions;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::{ClientContext, Message, Offset, TopicPartitionList};
use serde::Deserialize;
use serde_json::json;

use crate::administration::Admin;
use crate::scenario::{say, say_case};
use crate::{TIMEOUT, config};

#[derive(Deserialize)]
struct Options {
    group: String,
    topic: String,
    instance: Option<String>,
    protocol: String,
    session_ms: u32,
    heartbeat_ms: u32,
}

/// The partitions held, said after each change, and where the member goes on in each once it has read there.
#[derive(Default)]
struct Held(Mutex<BTreeMap<i32, Option<i64>>>);

impl Held {
    fn with<T>(&self, then: impl FnOnce(&mut BTreeMap<i32, Option<i64>>) -> T) -> T {
        then(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ClientContext for Held {}

impl ConsumerContext for Held {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        self.with(|next| {
            match rebalance {
                Rebalance::Assign(gained) => {
                    next.extend(gained.elements().iter().map(|place| (place.partition(), None)));
                }
                Rebalance::Revoke(lost) => {
                    for place in lost.elements() {
                        next.remove(&place.partition());
                    }
                }
                Rebalance::Error(error) => eprintln!("rebalance: {error}"),
            }
            say(&json!({"assigned": next.keys().collect::<Vec<_>>()}));
        });
    }
}

pub(crate) fn member(bootstrap: &str, options: &str) -> Result<()> {
    let options: Options = serde_json::from_str(options)?;
    let mut config = config(bootstrap);
    config
        .set("group.id", &options.group)
        .set("group.protocol", &options.protocol)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest");
    if options.protocol == "classic" {
        config.set("session.timeout.ms", options.session_ms.to_string());
        config.set("heartbeat.interval.ms", options.heartbeat_ms.to_string());
    }
    if let Some(instance) = &options.instance {
        config.set("group.instance.id", instance);
    }
    let consumer: BaseConsumer<Held> = config.create_with_context(Held::default())?;
    consumer.subscribe(&[&options.topic])?;
    let orders = orders();
    loop {
        if let Some(message) = consumer.poll(Duration::from_millis(50)) {
            let message = match message {
                // The broker is away for a while.
                Err(KafkaError::MessageConsumption(
                    RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown,
                )) => continue,
                other => other?,
            };
            consumer.context().with(|next| {
                next.entry(message.partition()).and_modify(|at| *at = Some(message.offset() + 1));
            });
            say(&json!({"read": [message.partition(), message.offset()]}));
        }
        let Ok(order) = orders.try_recv() else { continue };
        let words: Vec<&str> = order.split(' ').collect();
        match words.as_slice() {
            ["commit"] => commit(&consumer, &options.topic)?,
            ["seek", partition, offset] => {
                let offset = Offset::Offset(offset.parse()?);
                consumer.seek(&options.topic, partition.parse()?, offset, TIMEOUT)?;
            }
            _ => {
                drop(consumer);
                say(&json!({"done": "leave"}));
                return Ok(());
            }
        }
        say(&json!({"done": words.first()}));
    }
}

fn commit(consumer: &BaseConsumer<Held>, topic: &str) -> Result<()> {
    let next = consumer.context().with(|next| next.clone());
    let mut offsets = TopicPartitionList::new();
    for (partition, offset) in next {
        if let Some(offset) = offset {
            offsets.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        }
    }
    if offsets.count() > 0 {
        consumer.commit(&offsets, CommitMode::Sync)?;
    }
    Ok(())
}

/// What standard input tells to do, an order a line. Its end is the order to leave.
pub(crate) fn orders() -> Receiver<String> {
    let (sender, orders) = channel();
    thread::spawn(move || {
        let lines = stdin().lines().map_while(Result::ok);
        for order in lines.chain(["leave".to_owned()]) {
            if sender.send(order).is_err() {
                return;
            }
        }
    });
    orders
}

/// The code of the refusal that a short session brings.
pub(crate) fn hasty(bootstrap: &str, topic: &str) -> Result<i32> {
    let consumer: BaseConsumer = config(bootstrap)
        .set("group.id", format!("{topic}-hasty"))
        .set("session.timeout.ms", "100")
        .set("heartbeat.interval.ms", "30")
        .create()?;
    consumer.subscribe(&[topic])?;
    Ok(match consumer.poll(TIMEOUT) {
        Some(Err(KafkaError::MessageConsumption(code))) => code as i32,
        _ => 0,
    })
}

/// The code that a member sees whose static seat another one has taken.
pub(crate) fn fenced(bootstrap: &str, topic: &str) -> Result<i32> {
    let mut seat = config(bootstrap);
    seat.set("group.id", format!("{topic}-fenced")).set("group.instance.id", "seat");
    // The commit shall be what tells the first one, not a heartbeat before it.
    seat.set("session.timeout.ms", "60000").set("heartbeat.interval.ms", "55000");
    let mut members: Vec<BaseConsumer> = vec![];
    for _ in 0..2 {
        let member: BaseConsumer = seat.create()?;
        member.subscribe(&[topic])?;
        while member.assignment()?.count() == 0 {
            member.poll(Duration::from_millis(50));
        }
        members.push(member);
    }
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(topic, 0, Offset::Offset(0))?;
    let first = members.first().context("no member")?;
    Ok(match first.commit(&offsets, CommitMode::Sync) {
        Err(KafkaError::ConsumerCommit(code)) => code as i32,
        other => other.map(|()| 0)?,
    })
}

pub(crate) fn group(bootstrap: &str, name: &str, usage: &str) -> Result<()> {
    let admin: Admin = config(bootstrap).create()?;
    let groups = admin.inner().fetch_group_list(Some(name), TIMEOUT)?;
    let found = groups.groups().first().context("no group in the answer")?;
    say_case("listed", is_listed(&admin, name)?);
    say_case("state", found.state());
    say_case("members", found.members().len());
    if usage == "used" {
        say_case("delete used", delete(&admin, name)?);
        return Ok(());
    }
    delete(&admin, name)?;
    say_case("group deleted", !is_listed(&admin, name)?);
    say_case("delete unknown group", delete(&admin, name)?);
    Ok(())
}

fn is_listed(admin: &Admin, name: &str) -> Result<bool> {
    let groups = admin.inner().fetch_group_list(None, TIMEOUT)?;
    Ok(groups.groups().iter().any(|group| group.name() == name))
}

/// Kafka's code of the refusal, or 0.
fn delete(admin: &Admin, name: &str) -> Result<i32> {
    let answers = block_on(admin.delete_groups(&[name], &AdminOptions::new()))?;
    let answer = answers.into_iter().next().context("no answer")?;
    Ok(answer.err().map_or(0, |(_, code)| code as i32))
}

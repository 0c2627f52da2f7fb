//! `admin` and `errors`: what the crate's admin client can ask, and what it must be refused.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use futures_executor::block_on;
use rdkafka::admin::{
    AdminClient, AdminOptions, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::BaseRecord;
use rdkafka::{Offset, TopicPartitionList};

use crate::scenario::say_case;
use crate::{TIMEOUT, config, groups, reading, writing};

pub(crate) type Admin = AdminClient<DefaultClientContext>;

/// A topic that takes no record without a key, and none that is older than an hour.
const STRICT: [(&str, &str); 2] =
    [("cleanup.policy", "compact"), ("message.timestamp.before.max.ms", "3600000")];

pub(crate) fn admin(bootstrap: &str, prefix: &str) -> Result<()> {
    let topic = format!("{prefix}-admin");
    let admin: Admin = config(bootstrap).create()?;
    create(&admin, &topic, 2, &[("retention.ms", "3600000")])?;
    eventually(|| Ok(partitions(&admin, &topic)? == 2))?;
    say_case("created", partitions(&admin, &topic)?);
    say_case("described", retention(&admin, &topic)?);
    let wanted = [NewPartitions::new(&topic, 4)];
    first(block_on(admin.create_partitions(&wanted, &AdminOptions::new()))?)?;
    eventually(|| Ok(partitions(&admin, &topic)? == 4))?;
    say_case("extended", partitions(&admin, &topic)?);
    for number in 0..10 {
        writing::produce_one(bootstrap, &topic, 0, &[number])?;
    }
    let mut before = TopicPartitionList::new();
    before.add_partition_offset(&topic, 0, Offset::Offset(4))?;
    block_on(admin.delete_records(&before, &AdminOptions::new()))?;
    let low = reading::consumer(bootstrap)?.fetch_watermarks(&topic, 0, TIMEOUT)?.0;
    say_case("records deleted", low);
    let brokers = admin.inner().fetch_metadata(None, TIMEOUT)?.brokers().len();
    say_case("brokers", brokers);
    first(block_on(admin.delete_topics(&[&topic], &AdminOptions::new()))?)?;
    say_case("deleted", eventually(|| Ok(partitions(&admin, &topic)? == 0))?);
    Ok(())
}

pub(crate) fn errors(bootstrap: &str, prefix: &str) -> Result<()> {
    let topic = format!("{prefix}-errors");
    let admin: Admin = config(bootstrap).create()?;
    create(&admin, &topic, 2, &[("max.message.bytes", "10000")])?;
    eventually(|| Ok(partitions(&admin, &topic)? == 2))?;
    say_case("topic exists", refusal(&admin, &topic, 1, &[])?);
    say_case("topic name", refusal(&admin, "no such/name", 1, &[])?);
    say_case("no partitions", refusal(&admin, &format!("{topic}-none"), 0, &[])?);
    say_case("unknown config", refusal(&admin, &format!("{topic}-x"), 1, &[("no.such", "1")])?);
    let twice = format!("{topic}-two");
    let twice = NewTopic::new(&twice, 1, TopicReplication::Fixed(2));
    let answer = block_on(admin.create_topics(&[twice], &AdminOptions::new()))?;
    say_case("replicas", code(answer)?);
    let fewer = [NewPartitions::new(&topic, 1)];
    let answer = block_on(admin.create_partitions(&fewer, &AdminOptions::new()))?;
    say_case("fewer partitions", code(answer)?);
    let unknown = format!("{topic}-unknown");
    let answer = block_on(admin.delete_topics(&[&unknown], &AdminOptions::new()))?;
    say_case("delete unknown", code(answer)?);
    let found = admin.inner().fetch_metadata(Some(&unknown), TIMEOUT)?;
    let error = found.topics().first().and_then(|topic| topic.error());
    say_case("describe unknown", error.map_or(0, |error| RDKafkaErrorCode::from(error) as i32));
    say_case("too large", writing::produce_one(bootstrap, &topic, 0, &[0; 20_000])?);
    let one = || BaseRecord::<[u8], [u8]>::to(&unknown).payload(&[1]);
    say_case("produce unknown", writing::refusal(bootstrap, one())?);
    let strict = format!("{topic}-strict");
    create(&admin, &strict, 1, &STRICT)?;
    eventually(|| Ok(partitions(&admin, &strict)? == 1))?;
    say_case("null key", writing::produce_one(bootstrap, &strict, 0, &[1])?);
    let old = BaseRecord::<[u8], [u8]>::to(&strict).key(&[1]).payload(&[1]).timestamp(1);
    say_case("timestamp", writing::refusal(bootstrap, old)?);
    say_case("out of range", reading::out_of_range(bootstrap, &topic)?);
    say_case("session timeout", groups::hasty(bootstrap, &topic)?);
    say_case("fenced", groups::fenced(bootstrap, &topic)?);
    Ok(())
}

type Answers = Vec<rdkafka::admin::TopicResult>;

fn create(admin: &Admin, topic: &str, count: i32, config: &[(&str, &str)]) -> Result<()> {
    first(try_create(admin, topic, count, config)?)
}

fn refusal(admin: &Admin, topic: &str, count: i32, config: &[(&str, &str)]) -> Result<i32> {
    code(try_create(admin, topic, count, config)?)
}

fn try_create(admin: &Admin, topic: &str, count: i32, config: &[(&str, &str)]) -> Result<Answers> {
    let mut wanted = NewTopic::new(topic, count, TopicReplication::Fixed(1));
    for (name, value) in config {
        wanted = wanted.set(name, value);
    }
    Ok(block_on(admin.create_topics(&[wanted], &AdminOptions::new()))?)
}

fn first(answers: Answers) -> Result<()> {
    let answer = answers.into_iter().next().context("no answer")?;
    answer.map(drop).map_err(|(topic, code)| anyhow!("{topic}: {code}"))
}

fn code(answers: Answers) -> Result<i32> {
    Ok(answers.into_iter().next().context("no answer")?.err().map_or(0, |(_, code)| code as i32))
}

fn partitions(admin: &Admin, topic: &str) -> Result<usize> {
    let metadata = admin.inner().fetch_metadata(None, TIMEOUT)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    Ok(found.map_or(0, |found| found.partitions().len()))
}

fn retention(admin: &Admin, topic: &str) -> Result<Option<String>> {
    let resource = ResourceSpecifier::Topic(topic);
    let answers = block_on(admin.describe_configs([&resource], &AdminOptions::new()))?;
    let answer = answers.into_iter().next().context("no answer")??;
    Ok(answer.get("retention.ms").and_then(|entry| entry.value.clone()))
}

fn eventually(mut question: impl FnMut() -> Result<bool>) -> Result<bool> {
    let deadline = Instant::now() + TIMEOUT;
    while !question()? {
        if Instant::now() > deadline {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(true)
}

//! The scenario file, and the lines that a driver writes.

use anyhow::Result;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(crate) struct Scenario {
    pub(crate) partitions: i32,
    pub(crate) codecs: Vec<String>,
    pub(crate) times_asked: Vec<(i32, i64)>,
    pub(crate) records: Vec<Record>,
}

#[derive(Deserialize)]
pub(crate) struct Record {
    pub(crate) partition: i32,
    pub(crate) timestamp: i64,
    key: Option<String>,
    value: Option<String>,
    times: usize,
    headers: Vec<(String, Option<String>)>,
}

impl Scenario {
    pub(crate) fn read(path: &str) -> Result<Self> {
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    }
}

impl Record {
    pub(crate) fn key(&self) -> Result<Option<Vec<u8>>> {
        decode(self.key.as_deref())
    }

    pub(crate) fn value(&self) -> Result<Option<Vec<u8>>> {
        Ok(decode(self.value.as_deref())?.map(|part| part.repeat(self.times)))
    }

    pub(crate) fn headers(&self) -> Result<Vec<(&str, Option<Vec<u8>>)>> {
        self.headers
            .iter()
            .map(|(name, value)| Ok((name.as_str(), decode(value.as_deref())?)))
            .collect()
    }
}

pub(crate) fn say_record(message: &BorrowedMessage<'_>) {
    let headers: Vec<Value> = message
        .headers()
        .into_iter()
        .flat_map(Headers::iter)
        .map(|header| json!([header.key, encode(header.value)]))
        .collect();
    say(&json!({
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp().to_millis(),
        "key": encode(message.key()),
        "value": encode(message.payload()),
        "headers": headers,
    }));
}

pub(crate) fn say_case(name: &str, got: impl Into<Value>) {
    say(&json!({"case": name, "got": got.into()}));
}

pub(crate) fn say(line: &Value) {
    println!("{line}");
}

fn decode(text: Option<&str>) -> Result<Option<Vec<u8>>> {
    text.map(|text| Ok(hex::decode(text)?)).transpose()
}

fn encode(bytes: Option<&[u8]>) -> Option<String> {
    bytes.map(|bytes| hex::encode(bytes))
}

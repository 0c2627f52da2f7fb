//! Records of `__consumer_offsets` as a shard loads them: anybody may produce to the topic of another
//! cluster and copy it here, and a later Kafka may have written it. An input is a row of records: length of
//! the key in two bytes, key, length of the value in four, value; a negative length is a tombstone.

use broker_coordinator::Record;
use bytes::Bytes;

use super::group::{World, take};
use crate::{Shape, Target};

pub const GROUP_RECORDS: Target = Target {
    name: "group_records",
    corpus,
    repair: |_| {},
    execute,
    ceiling,
    shape: Shape { length_max: 16 << 10, grain: 0 },
};

/// The records, what was made of them twice over, and what a walk over it yields.
const fn ceiling(length: usize) -> u64 {
    64 * length as u64 + (128 << 10)
}

fn corpus() -> Vec<Vec<u8>> {
    let subscription = b"\0\x01\0\0\0\x01\0\x01t\xff\xff\xff\xff\0\0\0\0";
    let assignment = b"\0\x01\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\0\xff\xff\xff\xff";
    let (mut classic, mut consumer, mut offsets) = (World::new(), World::new(), World::new());
    classic.settle(subscription, assignment);
    consumer.settle(subscription, assignment);
    consumer.upgrade(Some("t.*"));
    offsets.commit("simple");
    offsets.commit("other");
    let all = [&classic.log[..], &offsets.log, &consumer.log].concat();
    let mut corpus: Vec<Vec<u8>> =
        [&classic.log, &consumer.log, &offsets.log, &all].map(|log| written(log)).into();
    // A second member that owns the same partitions, as no coordinator would have written it.
    let twins = [consumer.log.clone(), renamed(&consumer.log, b"client-1", b"client-2")];
    corpus.push(written(&twins.concat()));
    corpus
}

/// The records whose keys hold one name, with another that is as long.
fn renamed(records: &[Record], from: &[u8], to: &[u8]) -> Vec<Record> {
    let rename = |record: &Record| {
        let mut key = record.key.to_vec();
        let at = key.windows(from.len()).position(|window| window == from)?;
        key.splice(at..at + from.len(), to.iter().copied());
        Some(Record { key: key.into(), ..record.clone() })
    };
    records.iter().filter_map(rename).collect()
}

fn written(records: &[Record]) -> Vec<u8> {
    let length = |bytes: &Bytes| i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    let mut out = Vec::new();
    for Record { key, value } in records {
        out.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend_from_slice(key);
        out.extend_from_slice(&value.as_ref().map_or(-1, length).to_be_bytes());
        out.extend_from_slice(value.as_deref().unwrap_or_default());
    }
    out
}

/// The records as far as their lengths are true.
fn read(mut input: &[u8]) -> Vec<Record> {
    let from = &mut input;
    let mut next = || {
        let length = u16::from_be_bytes(take(from, 2)?.try_into().ok()?);
        let key = Bytes::copy_from_slice(take(from, length.into())?);
        let length = i32::from_be_bytes(take(from, 4)?.try_into().ok()?);
        let value = match u64::try_from(length) {
            Ok(length) => Some(Bytes::copy_from_slice(take(from, length)?)),
            Err(_) => None,
        };
        Some(Record { key, value })
    };
    std::iter::from_fn(&mut next).collect()
}

fn execute(input: &[u8]) -> bool {
    let records = read(input);
    let Ok(world) = World::loaded(&records) else { return false };
    // A re-append writes what is live; the next start reads that, and nothing is different.
    let live = world.live_records();
    match World::loaded(&live) {
        Ok(again) => assert_eq!(again.live_records(), live, "a re-append changes what is true"),
        Err(error) => panic!("what was loaded once cannot be loaded again: {error}"),
    }
    !records.is_empty()
}

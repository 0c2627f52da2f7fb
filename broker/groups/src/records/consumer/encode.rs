//! From facts to records, always in the newest version.

use broker_coordinator::Record;
use bytes::Bytes;

use super::{CURRENT, GROUP, MEMBER, REGEX, TARGET, TARGET_EPOCH};
use crate::consumer::member::{Current, Subscription};
use crate::consumer::partitions::{OwnedPartitions, Partitions};
use crate::consumer::regex::ResolvedRegex;
use crate::records::codec::{Form, Writer};

/// The one version every value has so far.
const VERSION: i16 = 0;

fn key(kind: i16, group: &str, of: Option<&str>) -> Bytes {
    let mut key = Writer::new(kind, Form::Fixed);
    key.string(group);
    if let Some(of) = of {
        key.string(of);
    }
    key.finish()
}

fn tombstone(kind: i16, group: &str, of: Option<&str>) -> Record {
    Record { key: key(kind, group, of), value: None }
}

fn fact(kind: i16, group: &str, of: Option<&str>, write: impl FnOnce(&mut Writer)) -> Record {
    let mut value = Writer::new(VERSION, Form::Flexible);
    write(&mut value);
    Record { key: key(kind, group, of), value: Some(value.finish()) }
}

pub(crate) fn group(group: &str, epoch: i32, metadata_hash: i64) -> Record {
    fact(GROUP, group, None, |value| {
        value.i32(epoch);
        tag_unless_zero(value, metadata_hash);
    })
}

pub(crate) fn group_gone(group: &str) -> Record {
    tombstone(GROUP, group, None)
}

/// Ends the structure; the number is tag 0 unless it is its default.
fn tag_unless_zero(value: &mut Writer, number: i64) {
    if number == 0 {
        value.no_tags();
    } else {
        value.one_tag(0, |tag| tag.i64(number));
    }
}

pub(crate) fn member(group: &str, member: &str, subscription: &Subscription) -> Record {
    fact(MEMBER, group, Some(member), |value| {
        value.nullable_string(subscription.instance.as_deref());
        value.nullable_string(subscription.rack.as_deref());
        value.string(&subscription.client_id);
        value.string(&subscription.client_host);
        value.count(subscription.topics.len());
        for topic in &subscription.topics {
            value.string(topic);
        }
        // Kafka writes the empty string where there is none.
        value.nullable_string(Some(subscription.regex.as_deref().unwrap_or_default()));
        value.i32(subscription.rebalance_timeout_ms);
        value.nullable_string(subscription.assignor.as_deref());
        match &subscription.classic {
            None => value.no_tags(),
            Some(classic) => value.one_tag(0, |tag| {
                // A nullable structure begins with whether it is there.
                tag.i8(1);
                tag.i32(classic.session_timeout_ms);
                tag.count(classic.protocols.len());
                for (name, metadata) in &classic.protocols {
                    tag.string(name);
                    tag.byte_array(metadata);
                    tag.no_tags();
                }
                tag.no_tags();
            }),
        }
    })
}

pub(crate) fn member_gone(group: &str, member: &str) -> Record {
    tombstone(MEMBER, group, Some(member))
}

pub(crate) fn target_epoch(group: &str, epoch: i32, at_ms: i64) -> Record {
    fact(TARGET_EPOCH, group, None, |value| {
        value.i32(epoch);
        tag_unless_zero(value, at_ms);
    })
}

pub(crate) fn target_epoch_gone(group: &str) -> Record {
    tombstone(TARGET_EPOCH, group, None)
}

pub(crate) fn target(group: &str, member: &str, partitions: &Partitions) -> Record {
    fact(TARGET, group, Some(member), |value| {
        value.count(partitions.topics().len());
        for (topic, set) in partitions.topics() {
            value.uuid(topic);
            value.count(set.len());
            set.iter().for_each(|partition| value.i32(partition.0.cast_signed()));
            value.no_tags();
        }
        value.no_tags();
    })
}

pub(crate) fn target_gone(group: &str, member: &str) -> Record {
    tombstone(TARGET, group, Some(member))
}

pub(crate) fn current(group: &str, member: &str, current: &Current) -> Record {
    fact(CURRENT, group, Some(member), |value| {
        value.i32(current.epoch);
        value.i32(current.previous_epoch);
        value.i8(current.state.to_record());
        owned(value, &current.assigned);
        owned(value, &current.revoking);
        value.no_tags();
    })
}

fn owned(value: &mut Writer, partitions: &OwnedPartitions) {
    value.count(partitions.topics().len());
    for (topic, set) in partitions.topics() {
        value.uuid(topic);
        value.count(set.len());
        set.keys().for_each(|partition| value.i32(partition.0.cast_signed()));
        value.one_tag(0, |tag| {
            tag.count(set.len());
            set.values().for_each(|epoch| tag.i32(*epoch));
        });
    }
}

pub(crate) fn current_gone(group: &str, member: &str) -> Record {
    tombstone(CURRENT, group, Some(member))
}

pub(crate) fn regex(group: &str, text: &str, resolved: &ResolvedRegex) -> Record {
    fact(REGEX, group, Some(text), |value| {
        value.count(resolved.topics.len());
        resolved.topics.iter().for_each(|topic| value.string(topic));
        value.i64(resolved.version);
        value.i64(resolved.at_ms);
        value.no_tags();
    })
}

pub(crate) fn regex_gone(group: &str, text: &str) -> Record {
    tombstone(REGEX, group, Some(text))
}

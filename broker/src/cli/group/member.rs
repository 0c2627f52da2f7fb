//! A group as its coordinator describes it, of either protocol.

use bytes::{Buf, Bytes};
use protocol_types::{ApiKey, ErrorCode};
use protocol_wire::messages::consumer_group_describe_response as consumer;
use protocol_wire::messages::describe_groups_response as classic;
use protocol_wire::messages::{ConsumerGroupDescribeRequest, DescribeGroupsRequest};
use serde_json::{Value, json};

use crate::cli::client::{Client, group_id};
use crate::cli::error::{CliError, Code, known};

/// Partitions by topic.
type Assigned = Vec<(String, Vec<i32>)>;

/// See the module documentation.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    kind: &'static str,
    pub(super) state: String,
    /// The assignor, where the group has one.
    protocol: String,
    pub(super) members: Vec<Member>,
}

/// One member.
#[derive(Clone, Debug)]
pub(super) struct Member {
    id: String,
    instance: Option<String>,
    pub(super) client: String,
    host: String,
    pub(super) assigned: Assigned,
}

impl Group {
    /// Describes a group.
    pub(super) fn look(client: &mut Client, name: &str) -> Result<Self, CliError> {
        if client.serves(ApiKey::ConsumerGroupDescribe)
            && let Some(group) = Self::consumer(client, name)?
        {
            return Ok(group);
        }
        Self::classic(client, name)
    }

    /// As [`Self::look`]; `None` if there is no such group.
    pub(super) fn find(client: &mut Client, name: &str) -> Result<Option<Self>, CliError> {
        match Self::look(client, name) {
            Err(error) if error.code() == Some(Code::GroupNotFound) => Ok(None),
            found => found.map(Some),
        }
    }

    /// A group of the consumer protocol (KIP-848); `None` if it is of another one, or not there.
    fn consumer(client: &mut Client, name: &str) -> Result<Option<Self>, CliError> {
        let request = ConsumerGroupDescribeRequest::default().with_group_ids(vec![group_id(name)]);
        let code = |answer: &consumer::ConsumerGroupDescribeResponse| {
            answer.groups.first().map_or(0, |group| group.error_code)
        };
        let api = ApiKey::ConsumerGroupDescribe;
        let answer = client.call_group(name, api, (0, 1), &request, code)?;
        let Some(group) = answer.groups.into_iter().next() else { return Ok(None) };
        match known(group.error_code) {
            _ if group.error_code == 0 => {}
            Some(ErrorCode::GroupIdNotFound) => return Ok(None),
            _ => return Err(refused(name, group.error_code, group.error_message.as_deref())),
        }
        let members = group.members.into_iter().map(|member| {
            let assigned = member.assignment.topic_partitions.iter();
            Member {
                id: member.member_id.to_string(),
                instance: member.instance_id.map(|id| id.to_string()),
                client: member.client_id.to_string(),
                host: member.client_host.to_string(),
                assigned: sorted(
                    assigned.map(|t| (t.topic_name.0.to_string(), t.partitions.clone())),
                ),
            }
        });
        Ok(Some(Self {
            name: name.to_owned(),
            kind: "consumer",
            state: group.group_state.to_string(),
            protocol: group.assignor_name.to_string(),
            members: members.collect(),
        }))
    }

    fn classic(client: &mut Client, name: &str) -> Result<Self, CliError> {
        let request = DescribeGroupsRequest::default().with_groups(vec![group_id(name)]);
        let code = |answer: &classic::DescribeGroupsResponse| {
            answer.groups.first().map_or(0, |group| group.error_code)
        };
        let answer = client.call_group(name, ApiKey::DescribeGroups, (0, 6), &request, code)?;
        let not_found = ErrorCode::GroupIdNotFound.to_wire();
        let Some(group) = answer.groups.into_iter().next() else {
            return Err(refused(name, not_found, None));
        };
        // Before version 6 a group that is not there was a dead one.
        if group.error_code == 0 && group.group_state.as_str() == "Dead" {
            return Err(refused(name, not_found, None));
        }
        if group.error_code != 0 {
            return Err(refused(name, group.error_code, group.error_message.as_deref()));
        }
        let members = group.members.into_iter().map(|member| Member {
            id: member.member_id.to_string(),
            instance: member.group_instance_id.map(|id| id.to_string()),
            client: member.client_id.to_string(),
            host: member.client_host.to_string(),
            assigned: assignment(member.member_assignment),
        });
        Ok(Self {
            name: name.to_owned(),
            kind: "classic",
            state: group.group_state.to_string(),
            protocol: group.protocol_data.to_string(),
            members: members.collect(),
        })
    }

    /// Which client has a partition.
    pub(super) fn owner(&self, topic: &str, partition: i32) -> Option<&str> {
        let has = |member: &&Member| {
            let of_it = |(name, partitions): &(String, Vec<i32>)| {
                name == topic && partitions.contains(&partition)
            };
            member.assigned.iter().any(of_it)
        };
        self.members.iter().find(has).map(|member| member.client.as_str())
    }

    /// Everything, with the offsets beside it.
    pub(super) fn to_json(&self, offsets: &[Value]) -> Value {
        let members: Vec<Value> = self.members.iter().map(Member::to_json).collect();
        json!({
            "group": self.name,
            "type": self.kind,
            "state": self.state,
            "protocol": self.protocol,
            "members": members,
            "offsets": offsets,
        })
    }
}

impl Member {
    fn to_json(&self) -> Value {
        let assigned = self.assigned.iter();
        let assigned: Vec<Value> = assigned
            .map(|(topic, partitions)| json!({ "topic": topic, "partitions": partitions }))
            .collect();
        json!({
            "member": self.id,
            "instance": self.instance,
            "client": self.client,
            "host": self.host,
            "assigned": assigned,
        })
    }

    /// One line of a table.
    pub(super) fn row(&self) -> Value {
        let assigned = self.assigned.iter().map(|(topic, partitions)| {
            let partitions: Vec<String> = partitions.iter().map(ToString::to_string).collect();
            format!("{topic}[{}]", partitions.join(","))
        });
        let assigned: Vec<String> = assigned.collect();
        json!({
            "member": self.id,
            "client": self.client,
            "host": self.host,
            "assigned": assigned.join(" "),
        })
    }
}

fn refused(name: &str, code: i16, message: Option<&str>) -> CliError {
    CliError::refused(&format!("group \"{name}\""), code, message)
}

fn sorted(topics: impl Iterator<Item = (String, Vec<i32>)>) -> Assigned {
    let mut topics: Assigned = topics.collect();
    topics.iter_mut().for_each(|(_, partitions)| partitions.sort_unstable());
    topics.sort();
    topics
}

/// What a classic member was given: the consumers' own encoding, of which only the beginning is
/// looked at. Nothing, where it is of another kind.
fn assignment(mut bytes: Bytes) -> Assigned {
    fn topics(bytes: &mut Bytes) -> Option<Assigned> {
        let _version = bytes.try_get_i16().ok()?;
        let count = bytes.try_get_i32().ok()?;
        let mut topics = Vec::new();
        for _ in 0..count {
            let len = usize::try_from(bytes.try_get_i16().ok()?).ok()?;
            let name = bytes.get(..len)?.to_vec();
            bytes.advance(len);
            let partitions = bytes.try_get_i32().ok()?;
            let mut indexes = Vec::new();
            for _ in 0..partitions {
                indexes.push(bytes.try_get_i32().ok()?);
            }
            topics.push((String::from_utf8(name).ok()?, indexes));
        }
        Some(topics)
    }
    sorted(topics(&mut bytes).unwrap_or_default().into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumers_assignment_is_read_and_rubbish_is_none() {
        let mut bytes = vec![0, 3, 0, 0, 0, 2];
        bytes.extend([0, 1, b'u', 0, 0, 0, 1, 0, 0, 0, 7]);
        bytes.extend([0, 1, b't', 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0]);
        bytes.extend([0xff; 4]);
        let expected = vec![("t".to_owned(), vec![0, 1]), ("u".to_owned(), vec![7])];
        assert_eq!(assignment(bytes.clone().into()), expected);
        bytes.truncate(12);
        assert_eq!(assignment(bytes.into()), []);
        assert_eq!(assignment(Bytes::from_static(b"\0\0\x7f\xff\xff\xff")), []);
    }
}

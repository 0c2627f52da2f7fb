//! From a topic as a Produce request names it to the topic its records go to.

use std::rc::Rc;

use protocol_types::{ErrorCode, topic_name};
use protocol_wire::produce_request::ProduceTopic;

use super::ProduceRun;
use crate::{
    security::{Operation, Resource, Session},
    shard::topics::CachedTopic,
};

impl ProduceRun<'_> {
    /// The topic, if it exists and the client may write to it. Who may not write to a name does not
    /// learn whether it exists; an id is found before its name can be asked for, as in Kafka.
    pub(super) fn topic(
        &self,
        operation: Option<Operation>,
        named: ProduceTopic<'_>,
    ) -> Result<Rc<CachedTopic>, ErrorCode> {
        let partitions = &self.shard.broker.partitions;
        match named {
            ProduceTopic::Name(name) => {
                may_write(&self.session, operation, name)?;
                let topic = self.shard.topics.borrow_mut().topic(partitions, name);
                topic.ok_or(ErrorCode::UnknownTopicOrPartition)
            }
            ProduceTopic::Id(id) => {
                let topic = self.shard.topics.borrow_mut().topic_by_id(partitions, id);
                let topic = topic.ok_or(ErrorCode::UnknownTopicId)?;
                may_write(&self.session, operation, &topic.name)?;
                Ok(topic)
            }
        }
    }
}

fn may_write(session: &Session, operation: Option<Operation>, name: &str) -> Result<(), ErrorCode> {
    let resource = Resource::Topic(name);
    if operation.is_some_and(|operation| !session.allows(operation, resource)) {
        return Err(ErrorCode::TopicAuthorizationFailed);
    }
    if topic_name::is_kafka_internal(name) {
        return Err(ErrorCode::InvalidTopicException);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

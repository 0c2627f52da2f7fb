//! The answers of a run: what each request waits for, and what it is told of its partitions.

use broker_partitions::{AppendRefusal, Appended};
use bytes::BytesMut;
use protocol_types::{ApiKey, ErrorCode, Offset};
use protocol_wire::{
    error::EncodeError,
    produce_request::ProduceTopic,
    produce_response::{PartitionOutcome, ProduceResponse, RecordError},
};

use super::{Fates, Outcome, ProduceRun, Request, refusal::Refusal};
use crate::{connection::Close, error_code, shard::acks::Acks};

impl ProduceRun<'_> {
    /// Encodes one answer; returns what it waits for and whether it reports an error.
    pub(super) fn encode(
        &self,
        request: &Request,
        fates: &mut Fates<'_, '_>,
        encoded: &mut BytesMut,
    ) -> Result<(Acks, bool), Close> {
        let (mut acks, mut failed) = (Acks::default(), false);
        let (version, correlation_id) = (request.version, request.correlation_id);
        let mut answer = ProduceResponse::begin(encoded, version, correlation_id, request.entries)?;
        let mut entry = None;
        for (partition, outcome) in fates.outcomes.by_ref().take(request.partitions) {
            if entry.replace(partition.topic_entry) != Some(partition.topic_entry) {
                answer.topic(partition.topic, partition.partitions_in_entry as usize)?;
            }
            let refusal = match outcome {
                Outcome::Refused(refusal) => refusal,
                Outcome::Batch => match fates.results.next() {
                    Some(Ok(appended)) => {
                        acks.add(appended.ack);
                        answer.partition(&appended_outcome(partition.index, &appended))?;
                        continue;
                    }
                    Some(Err(error)) => Box::new(self.refusal(error, partition.topic)),
                    None => return Err(Close::NoAnswer(ApiKey::Produce)),
                },
            };
            failed = true;
            self.shard.broker.metrics.request_error(ApiKey::Produce, refusal.code);
            refuse(&mut answer, partition.index, &refusal)?;
        }
        answer.finish(self.throttle.to_wire())?;
        Ok((acks, failed))
    }

    fn refusal(&self, error: AppendRefusal, topic: ProduceTopic<'_>) -> Refusal {
        let mut code = error_code::append_refusal(&error);
        if matches!(error, AppendRefusal::Gone) {
            self.shard.topics.borrow_mut().forget();
            // Deleted since it was found: by now its id is as unknown as it will ever be.
            if matches!(topic, ProduceTopic::Id(_)) {
                code = ErrorCode::UnknownTopicId;
            }
        }
        Refusal { message: Some(error.to_string().into()), ..code.into() }
    }
}

fn appended_outcome(index: i32, appended: &Appended) -> PartitionOutcome<'static> {
    PartitionOutcome {
        index,
        error_code: ErrorCode::None.to_wire(),
        base_offset: appended.base_offset.to_wire(),
        log_append_time_ms: appended.log_append_time.map_or(-1, |time| time.0),
        log_start_offset: appended.log_start.to_wire(),
        record_errors: &[],
        error_message: None,
    }
}

fn refuse(
    answer: &mut ProduceResponse<'_>,
    index: i32,
    refusal: &Refusal,
) -> Result<(), EncodeError> {
    let records: Vec<RecordError<'_>> = refusal
        .records
        .iter()
        .map(|record| RecordError {
            batch_index: i32::try_from(record.index).unwrap_or(i32::MAX),
            message: Some(&record.message),
        })
        .collect();
    answer.partition(&PartitionOutcome {
        index,
        error_code: refusal.code.to_wire(),
        base_offset: -1,
        log_append_time_ms: -1,
        log_start_offset: refusal.log_start.map_or(-1, Offset::to_wire),
        record_errors: &records,
        error_message: refusal.message.as_deref(),
    })
}

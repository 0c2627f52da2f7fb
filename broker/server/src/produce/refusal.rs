//! Why records were refused: Kafka's code, and its words where a client shows or parses them.

use std::borrow::Cow;

use protocol_records::InvalidBatch;
use protocol_types::{ErrorCode, Offset};

/// Why the records for one partition were not taken.
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) message: Option<Cow<'static, str>>,
    pub(super) records: Vec<protocol_records::RecordError>,
    /// Told beside records that are to blame.
    pub(super) log_start: Option<Offset>,
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: None, records: Vec::new(), log_start: None }
    }
}

impl Refusal {
    /// Tells the log start where single records are to blame: Kafka finds other faults before it asks
    /// the log.
    pub(super) fn beside(self, log_start: Offset) -> Self {
        let log_start = (!self.records.is_empty()).then_some(log_start);
        Self { log_start, ..self }
    }
}

/// A batch that breaks a rule, in Kafka's words where a record is to blame.
pub(super) fn invalid_batch(invalid: InvalidBatch, topic: &str, index: i32) -> Refusal {
    const SHOWN: usize = 3;
    let code = invalid.code();
    let InvalidBatch::NullKeys { total, errors } = invalid else {
        let (message, records) = (invalid.to_string(), invalid.record_errors().to_vec());
        return Refusal { message: Some(message.into()), records, ..code.into() };
    };
    let mut records = errors;
    for record in &mut records {
        record.message.push_str(&format!(" in topic partition {topic}-{index}"));
    }
    let shown = records.iter().take(SHOWN).map(|record| {
        format!("RecordError(batchIndex={}, message='{}')", record.index, record.message)
    });
    let message = format!(
        "One or more records have been rejected due to {total} record errors in total, and only \
         showing the first three errors at most: [{}]",
        shown.collect::<Vec<_>>().join(", ")
    );
    Refusal { message: Some(message.into()), records, ..code.into() }
}

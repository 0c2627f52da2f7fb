//! Choices a topic or a request makes.

/// When an append is acknowledged and readable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlushPolicy {
    /// After the group that holds it is on stable storage.
    #[default]
    Fsync,
    /// Once it is in ring memory; written within 2 ms, synced within a second.
    Async,
}

/// What a reader may see of transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IsolationLevel {
    #[default]
    ReadUncommitted,
    ReadCommitted,
}

/// Whose clock stamps the records of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampType {
    #[default]
    CreateTime,
    LogAppendTime,
}

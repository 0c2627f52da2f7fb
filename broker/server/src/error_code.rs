//! From the errors of the layers below to Kafka's error codes: the only such mapping.
//!
//! Every enum is matched in full, so that a new variant below is a decision here.

//! The records of `__consumer_offsets`, byte for byte as Kafka writes and reads them.
//!
//! A key begins with the number of its kind, a value with its version. Tools read the topic, so
//! nothing of ours is added.

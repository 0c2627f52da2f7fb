//! Real Kafka clients: each producer writes once, each consumer reads all, bytes are equal.

//! Recovery of the ring log from a ring file of arbitrary bytes.

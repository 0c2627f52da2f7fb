//! Zig-zag varints of records.

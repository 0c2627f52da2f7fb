//! Growth curves: partitions, connections and sealed files.

pub(crate) mod connections;
pub(crate) mod partitions;
pub(crate) mod sealed;

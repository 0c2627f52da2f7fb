//! The compatibility traps that concern what is served: a table, one row per trap and its number.

//! The machine of one shard: one table of groups, and who handles what is asked of them.

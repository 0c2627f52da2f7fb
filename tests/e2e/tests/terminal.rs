//! The `ringtide` program at a terminal: what its commands print and how they end.
//!
//! Each test runs the real program against a real broker and looks at what a person or a script
//! sees: standard output, standard error, the exit code.

mod errors;
mod groups;
mod offline;
mod shell;
mod start;
mod topics;

//! Arguments that a variable of the environment may give instead.
//!
//! An empty variable is the same as none. An empty argument is a mistake, as of a script whose own
//! variable is not set; what it wants to reach is not what applies without an argument.

use std::ffi::OsStr;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, Command, Error};

/// Parses such an argument. Only an empty variable becomes an empty text: see [`given`].
#[derive(Clone, Copy, Debug)]
pub(super) struct OrVariable;

impl TypedValueParser for OrVariable {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, Error> {
        NonEmptyStringValueParser::new().parse_ref(command, argument, value)
    }

    fn parse_ref_(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
        source: ValueSource,
    ) -> Result<String, Error> {
        if source == ValueSource::EnvVariable && value.is_empty() {
            return Ok(String::new());
        }
        self.parse_ref(command, argument, value)
    }
}

/// What was given, if anything was.
pub(super) fn given(value: Option<&String>) -> Option<&str> {
    value.map(String::as_str).filter(|value| !value.is_empty())
}

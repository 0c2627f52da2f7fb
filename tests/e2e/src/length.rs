//! How long a form of a test runs: what its environment says, or the short form that CI runs.

use std::env;
use std::error::Error;
use std::str::FromStr;

use anyhow::{Context, Result};

/// The number in a variable of the environment, `default` where it is not set.
///
/// # Errors
///
/// The variable holds no such number; the error names it.
pub fn number_from<T>(variable: &str, default: T) -> Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    env::var(variable).map_or(Ok(default), |text| text.parse().context(variable.to_owned()))
}

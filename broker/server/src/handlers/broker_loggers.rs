//! Loggers as a resource of configuration requests: checked whole, then changed at once.

use broker_controller::{
    CommandError,
    commands::alter_configs::{Alteration, Operation, check_form},
};
use protocol_types::{BrokerId, ErrorCode};

use crate::loggers::{LogLevel, Loggers, ROOT};

/// Kafka's list, in its order.
const LEVELS: &str = "DEBUG, ERROR, FATAL, INFO, TRACE, WARN";

/// Changes levels, for IncrementalAlterConfigs.
pub(super) fn alter(
    name: &str,
    alterations: &[Alteration],
    validate_only: bool,
    node: BrokerId,
    loggers: &dyn Loggers,
) -> Result<(), CommandError> {
    check_form(alterations)?;
    let id: i32 = name
        .parse()
        .map_err(|_| invalid_request(format!("Node id must be an integer, but it is: {name}")))?;
    if u32::try_from(id) != Ok(node.0) {
        return Err(invalid_request(format!(
            "Unexpected node id. Expected {}, but received {id}",
            node.0
        )));
    }
    let known = loggers.levels();
    let changes = alterations.iter().map(|alteration| change(alteration, &known));
    let changes: Vec<_> = changes.collect::<Result<_, _>>()?;
    if !validate_only {
        for (logger, level) in &changes {
            let level = level.map_or("that of root", LogLevel::name);
            tracing::warn!(logger, level, "log level changed");
        }
        loggers.change(&changes);
    }
    Ok(())
}

fn change(
    alteration: &Alteration,
    known: &[(String, LogLevel)],
) -> Result<(String, Option<LogLevel>), CommandError> {
    let Alteration { name, operation, value } = alteration;
    let not_allowed = |operation: &str| {
        let why = format!("{operation} operation is not allowed for the BROKER_LOGGER resource");
        Err(invalid_request(why))
    };
    match operation {
        Operation::Append => return not_allowed("APPEND"),
        Operation::Subtract => return not_allowed("SUBTRACT"),
        Operation::Set | Operation::Delete | Operation::Unknown(_) => {}
    }
    if !known.iter().any(|(logger, _)| logger == name) {
        return Err(invalid_config(format!("Logger {name} does not exist!")));
    }
    if *operation != Operation::Set {
        if name == ROOT {
            let why = format!("Removing the log level of the {ROOT} logger is not allowed");
            return Err(invalid_request(why));
        }
        return Ok((name.clone(), None));
    }
    let given = value.as_deref().unwrap_or_default();
    let level = LogLevel::named(given).ok_or_else(|| {
        invalid_config(format!(
            "Cannot set the log level of {name} to {given} as it is not a supported log level. \
             Valid log levels are {LEVELS}"
        ))
    })?;
    Ok((name.clone(), Some(level)))
}

/// The loggers of the broker named `name`, for DescribeConfigs.
pub(super) fn describe(
    name: &str,
    node: BrokerId,
    loggers: &dyn Loggers,
) -> Result<Vec<(String, LogLevel)>, CommandError> {
    if name.is_empty() {
        return Err(invalid_request("Broker id must not be empty"));
    }
    let id: i32 = name
        .parse()
        .map_err(|_| invalid_request(format!("Broker id must be an integer, but it is: {name}")))?;
    if u32::try_from(id) != Ok(node.0) {
        return Err(invalid_request(format!(
            "Unexpected broker id, expected {} but received {name}",
            node.0
        )));
    }
    Ok(loggers.levels())
}

fn invalid_request(why: impl Into<String>) -> CommandError {
    CommandError::new(ErrorCode::InvalidRequest, why)
}

fn invalid_config(why: impl Into<String>) -> CommandError {
    CommandError::new(ErrorCode::InvalidConfig, why)
}

#[cfg(test)]
mod tests;

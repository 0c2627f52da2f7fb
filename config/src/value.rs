//! Types and checks of configuration values, with Kafka's wording of what is wrong.
//!
//! A value arrives as text (file, environment, wire) and is stored as text; [`Kind::parse`] gives
//! it a type and [`Check`] its range. The messages reach users of Kafka's tools, so they read as
//! Kafka's do.

use std::collections::BTreeSet;
use std::fmt;

use crate::log_level::check_levels;

#[cfg(test)]
mod tests;

/// Type of a setting; the discriminant is Kafka's `ConfigType` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i8)]
pub enum Kind {
    Boolean = 1,
    String = 2,
    Int = 3,
    Short = 4,
    Long = 5,
    Double = 6,
    List = 7,
    /// The name of a Java class.
    Class = 8,
    Password = 9,
}

/// A parsed value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Boolean(bool),
    Text(String),
    Number(i64),
    Double(f64),
    List(Vec<String>),
}

/// What a value must satisfy beyond its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Check {
    Any,
    AtLeast(i64),
    Between(i64, i64),
    /// A time that Kafka reads as "no limit" where it is negative, and refuses where it is 0.
    UnlimitedOrPositive,
    /// Kafka's levels of gzip: −1 or the range.
    MinusOneOr(i64, i64),
    /// A fraction from 0 to 1.
    Fraction,
    OneOf(&'static [&'static str]),
    /// The same, in upper or lower case.
    OneOfAnyCase(&'static [&'static str]),
    /// A list without duplicates of these names; may be empty.
    ListOf(&'static [&'static str]),
    /// `*`, or a list of `partition:broker`.
    ThrottledReplicas,
    /// A level, or a list of `module=level`.
    LogLevels,
}

/// A refused name or value: Kafka's INVALID_CONFIG. The text is complete.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidConfig(pub String);

impl InvalidConfig {
    /// "Invalid value V for configuration N: why".
    #[must_use]
    pub fn value(name: &str, value: &str, why: impl fmt::Display) -> Self {
        Self(format!("Invalid value {value} for configuration {name}: {why}"))
    }
}

impl Kind {
    /// The number of this type in a DescribeConfigs answer.
    #[must_use]
    pub const fn to_wire(self) -> i8 {
        self as i8
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }

    /// Parses `text` as Kafka does: surrounding blanks are dropped.
    ///
    /// # Errors
    /// The text is not of this type; the message names `name`.
    pub fn parse(self, name: &str, text: &str) -> Result<Value, InvalidConfig> {
        let trimmed = text.trim();
        let not_a_number = || {
            InvalidConfig::value(name, text, format_args!("Not a number of type {}", self.name()))
        };
        let within = |min: i64, max: i64| {
            let number = trimmed.parse::<i64>().ok().filter(|n| (min..=max).contains(n));
            number.map(Value::Number).ok_or_else(not_a_number)
        };
        match self {
            Self::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
            Self::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
            Self::Boolean => {
                Err(InvalidConfig::value(name, text, "Expected value to be either true or false"))
            }
            Self::String | Self::Class | Self::Password => Ok(Value::Text(trimmed.to_owned())),
            Self::Int => within(i32::MIN.into(), i32::MAX.into()),
            Self::Short => within(i16::MIN.into(), i16::MAX.into()),
            Self::Long => within(i64::MIN, i64::MAX),
            Self::Double => {
                let number = trimmed.parse::<f64>().ok().filter(|n| !n.is_nan());
                number.map(Value::Double).ok_or_else(not_a_number)
            }
            Self::List if trimmed.is_empty() => Ok(Value::List(Vec::new())),
            Self::List => Ok(Value::List(distinct(trimmed.split(',').map(str::trim)))),
        }
    }
}

impl fmt::Display for Value {
    /// As Kafka shows a value: blanks and duplicates gone, `2.0` for a number with a fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(on) => write!(f, "{on}"),
            Self::Text(text) => f.write_str(text),
            Self::Number(n) => write!(f, "{n}"),
            Self::Double(n) => write!(f, "{n:?}"),
            Self::List(items) => f.write_str(&items.join(",")),
        }
    }
}

impl Check {
    /// Tells whether `value` satisfies this check.
    ///
    /// # Errors
    /// It does not; the message names `name` and the bound.
    pub fn verify(self, name: &str, value: &Value) -> Result<(), InvalidConfig> {
        let refuse = |why: String| Err(InvalidConfig::value(name, &value.to_string(), why));
        match (self, value) {
            (Self::AtLeast(min), Value::Number(n)) if *n < min => {
                refuse(format!("Value must be at least {min}"))
            }
            (Self::Between(min, _), Value::Number(n)) if *n < min => {
                refuse(format!("Value must be at least {min}"))
            }
            (Self::Between(_, max), Value::Number(n)) if *n > max => {
                refuse(format!("Value must be no more than {max}"))
            }
            (Self::UnlimitedOrPositive, Value::Number(0)) => {
                refuse("Value must be unlimited (-1) or greater than or equal to 1".to_owned())
            }
            (Self::MinusOneOr(min, max), Value::Number(n))
                if *n != -1 && (*n < min || *n > max) =>
            {
                refuse(format!("Value must be between {min} and {max} or equal to -1"))
            }
            (Self::Fraction, Value::Double(n)) if *n < 0.0 => {
                refuse("Value must be at least 0".to_owned())
            }
            (Self::Fraction, Value::Double(n)) if *n > 1.0 => {
                refuse("Value must be no more than 1".to_owned())
            }
            (Self::OneOf(allowed), Value::Text(s)) if !allowed.contains(&s.as_str()) => {
                refuse(format!("String must be one of: {}", allowed.join(", ")))
            }
            (Self::OneOfAnyCase(allowed), Value::Text(s))
                if !allowed.iter().any(|name| name.eq_ignore_ascii_case(s)) =>
            {
                refuse(format!("String must be one of (case insensitive): {}", allowed.join(", ")))
            }
            (Self::LogLevels, Value::Text(s)) => check_levels(s).or_else(refuse),
            (Self::ListOf(allowed), Value::List(items)) => verify_list(name, items, allowed),
            (Self::ThrottledReplicas, Value::List(items)) if !throttled_replicas(items) => {
                let why = format!(
                    "{name} must be the literal '*' or a list of replicas in the following \
                     format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."
                );
                Err(InvalidConfig::value(name, &format!("[{}]", items.join(", ")), why))
            }
            _ => Ok(()),
        }
    }
}

fn verify_list(name: &str, items: &[String], allowed: &[&str]) -> Result<(), InvalidConfig> {
    for item in items {
        if item.is_empty() {
            return Err(InvalidConfig(format!("Configuration '{name}' values must not be empty.")));
        }
        if !allowed.contains(&item.as_str()) {
            let why = format!("String must be one of: {}", allowed.join(", "));
            return Err(InvalidConfig::value(name, item, why));
        }
    }
    Ok(())
}

/// Since Kafka 4.2 a list's duplicates are dropped. A client's list may be as long as a request.
fn distinct<'a>(items: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    items.filter(|item| seen.insert(*item)).map(str::to_owned).collect()
}

fn throttled_replicas(items: &[String]) -> bool {
    let pair = |item: &String| {
        item.split_once(':')
            .is_some_and(|(p, b)| p.parse::<u32>().is_ok() && b.parse::<u32>().is_ok())
    };
    matches!(items, [star] if star == "*") || items.iter().all(pair)
}

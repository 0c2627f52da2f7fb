//! How one broker setting is declared: a constructor by type, then what differs from the usual.
//! The usual one has Kafka's name, no default, no check, changes at start only and has no effect.

use crate::effect::Effect;
use crate::value::{Check, InvalidConfig, Kind, Value};

/// Whether and how a setting changes at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dynamic {
    /// Only at start.
    ReadOnly,
    /// By AlterConfigs, per broker.
    PerBroker,
    /// By AlterConfigs, per broker or for all.
    ClusterWide,
}

/// One broker setting.
#[derive(Clone, Copy, Debug)]
pub struct BrokerKey {
    /// Kafka's name where Kafka has the setting.
    pub name: &'static str,
    pub kind: Kind,
    /// `None`: derived from other settings, or absent.
    pub default: Option<&'static str>,
    pub check: Check,
    pub dynamic: Dynamic,
    pub effect: Effect,
    /// False for what Kafka knows at run time only: not described unless it is set.
    pub always_listed: bool,
    pub doc: &'static str,
}

impl BrokerKey {
    /// Parses and checks a value of this setting.
    ///
    /// # Errors
    /// The value is of the wrong type or out of range, or asks for what does not exist.
    pub fn check(&self, text: &str) -> Result<Value, InvalidConfig> {
        let value = self.kind.parse(self.name, text)?;
        if self.effect == Effect::Refused {
            return self.check_refused(text, value);
        }
        self.check.verify(self.name, &value)?;
        Ok(value)
    }

    fn check_refused(&self, text: &str, value: Value) -> Result<Value, InvalidConfig> {
        let default = self.default.and_then(|text| self.kind.parse(self.name, text).ok());
        if default.as_ref() == Some(&value) {
            return Ok(value);
        }
        let shown = if self.is_sensitive() { "[hidden]" } else { text };
        let only = match self.default {
            None => "leave it out".to_owned(),
            Some(default) => format!("only \"{default}\" is accepted"),
        };
        let why = format_args!("Ringtide does not have this yet; {only}");
        Err(InvalidConfig::value(self.name, shown, why))
    }

    /// Whether it can be given at start.
    #[must_use]
    pub fn is_settable(&self) -> bool {
        self.effect != Effect::Shown
    }

    /// Whether its value is never told.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.kind == Kind::Password
    }

    /// Its documentation, marked where it has no effect or is refused.
    #[must_use]
    pub fn documentation(&self) -> String {
        self.effect.documentation(self.doc)
    }

    const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            default: None,
            check: Check::Any,
            dynamic: Dynamic::ReadOnly,
            effect: Effect::Inert,
            always_listed: true,
            doc,
        }
    }

    pub(super) const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    pub(super) const fn at_least(self, min: i64) -> Self {
        Self { check: Check::AtLeast(min), ..self }
    }

    pub(super) const fn between(self, min: i64, max: i64) -> Self {
        Self { check: Check::Between(min, max), ..self }
    }

    pub(super) const fn one_of(self, names: &'static [&'static str]) -> Self {
        Self { check: Check::OneOf(names), ..self }
    }

    pub(super) const fn one_of_any_case(self, names: &'static [&'static str]) -> Self {
        Self { check: Check::OneOfAnyCase(names), ..self }
    }

    pub(super) const fn list_of(self, names: &'static [&'static str]) -> Self {
        Self { check: Check::ListOf(names), ..self }
    }

    pub(super) const fn log_levels(self) -> Self {
        Self { check: Check::LogLevels, ..self }
    }

    pub(super) const fn per_broker(self) -> Self {
        Self { dynamic: Dynamic::PerBroker, ..self }
    }

    pub(super) const fn cluster_wide(self) -> Self {
        Self { dynamic: Dynamic::ClusterWide, ..self }
    }

    pub(super) const fn effective(self) -> Self {
        Self { effect: Effect::Effective, ..self }
    }

    pub(super) const fn shown(self) -> Self {
        Self { effect: Effect::Shown, ..self }
    }

    pub(super) const fn refused(self) -> Self {
        Self { effect: Effect::Refused, ..self }
    }

    pub(super) const fn only_when_set(self) -> Self {
        Self { always_listed: false, ..self }
    }
}

pub(super) const fn boolean(name: &'static str, doc: &'static str) -> BrokerKey {
    BrokerKey::new(name, Kind::Boolean, doc)
}

pub(super) const fn string(name: &'static str, doc: &'static str) -> BrokerKey {
    BrokerKey::new(name, Kind::String, doc)
}

pub(super) const fn int(name: &'static str, doc: &'static str) -> BrokerKey {
    BrokerKey::new(name, Kind::Int, doc)
}

pub(super) const fn short(name: &'static str, doc: &'static str) -> BrokerKey {
    BrokerKey::new(name, Kind::Short, doc)
}

pub(super) const fn long(name: &'static str, doc: &'static str) -> BrokerKey {
    BrokerKey::new(name, Kind::Long, doc)
}

pub(super) const fn double(name: &'static str, doc: &'static str) -> BrokerKey {
    BrokerKey::new(name, Kind::Double, doc)
}

pub(super) const fn list(name: &'static str, doc: &'static str) -> BrokerKey {
    BrokerKey::new(name, Kind::List, doc)
}

/// The name of a Java class.
pub(super) const fn class(name: &'static str, doc: &'static str) -> BrokerKey {
    BrokerKey::new(name, Kind::Class, doc)
}

pub(super) const fn password(name: &'static str, doc: &'static str) -> BrokerKey {
    BrokerKey::new(name, Kind::Password, doc)
}

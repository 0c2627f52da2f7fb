//! How one topic key is declared.

use crate::effect::Effect;
use crate::value::{Check, InvalidConfig, Kind, Value};

/// How the value of a broker-level synonym becomes the topic key's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Same,
    /// The same, but any negative time is "no limit".
    Ms,
    MinutesToMs,
    HoursToMs,
}

/// One topic key: Kafka's name and rules, and what it means here.
#[derive(Clone, Copy, Debug)]
pub struct TopicKey {
    pub name: &'static str,
    pub kind: Kind,
    pub default: &'static str,
    pub check: Check,
    pub effect: Effect,
    /// The broker settings that supply the topic's value, strongest first.
    pub synonyms: &'static [(&'static str, Scale)],
    pub doc: &'static str,
}

impl TopicKey {
    /// Parses and checks a value of this key.
    ///
    /// # Errors
    /// The value is of the wrong type or out of range.
    pub fn check(&self, text: &str) -> Result<Value, InvalidConfig> {
        self.check_as(self.name, text)
    }

    /// The same for the broker setting `name` that stands for this key.
    pub(crate) fn check_as(&self, name: &str, text: &str) -> Result<Value, InvalidConfig> {
        let value = self.kind.parse(name, text)?;
        self.check.verify(name, &value)?;
        Ok(value)
    }

    /// The setting's documentation, marked where the key has no effect.
    #[must_use]
    pub fn documentation(&self) -> String {
        self.effect.documentation(self.doc)
    }
}

impl Scale {
    /// `text` in the topic key's unit.
    pub(crate) fn apply(self, text: &str) -> String {
        let factor: i64 = match self {
            Self::Same => return text.to_owned(),
            Self::Ms => 1,
            Self::MinutesToMs => 60_000,
            Self::HoursToMs => 3_600_000,
        };
        match text.trim().parse::<i64>() {
            // Kafka: any negative time means "no limit".
            Ok(n) if n < 0 => "-1".to_owned(),
            Ok(n) => n.saturating_mul(factor).to_string(),
            Err(_) => text.to_owned(),
        }
    }
}

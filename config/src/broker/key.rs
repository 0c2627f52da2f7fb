//! How one broker setting is declared.

use crate::value::{Check, InvalidConfig, Kind, Value};

/// Whether and how a setting changes at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dynamic {
    /// Only at start.
    ReadOnly,
    /// By IncrementalAlterConfigs, per broker.
    PerBroker,
    /// By IncrementalAlterConfigs, per broker or for all.
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
    /// False for values that are shown because tools read them, but cannot be set.
    pub settable: bool,
    pub doc: &'static str,
}

impl BrokerKey {
    /// Parses and checks a value of this setting.
    ///
    /// # Errors
    /// The value is of the wrong type or out of range.
    pub fn check(&self, text: &str) -> Result<Value, InvalidConfig> {
        let value = self.kind.parse(self.name, text)?;
        self.check.verify(self.name, &value)?;
        Ok(value)
    }
}

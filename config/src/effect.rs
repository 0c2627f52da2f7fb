//! What setting a key does here.

/// See the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The broker acts on it.
    Effective,
    /// Stored and echoed, so that tools and definitions made for Kafka work; the broker does not
    /// act on it.
    Inert,
    /// Derived from other settings; shown because tools read it, and cannot be set.
    Shown,
    /// Asks for what does not exist here, and whoever sets it counts on it: only the default is
    /// accepted.
    Refused,
}

impl Effect {
    /// A key's documentation, marked where it is not what a user of Kafka expects.
    #[must_use]
    pub fn documentation(self, doc: &str) -> String {
        match self {
            Self::Effective | Self::Shown => doc.to_owned(),
            Self::Inert => format!("{doc} (accepted, no effect in Ringtide)"),
            Self::Refused => format!("{doc} (not in Ringtide yet: only the default is accepted)"),
        }
    }

    /// One word for the reference.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Effective => "yes",
            Self::Inert => "none",
            Self::Shown => "shown",
            Self::Refused => "refused",
        }
    }
}

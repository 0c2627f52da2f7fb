//! Whom a client quota is about, and its value, as metadata holds them.
//!
//! Kafka's entity: any of a user and a client id, or an IP address; a part may be the default of its
//! kind. Keys stay text here, so that a key of a later version survives. Knows nothing of limiting.

use std::sync::Arc;

#[cfg(test)]
mod tests;

/// The name of one part of an entity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntityName {
    /// Whoever has no entity of his own; null on the wire.
    Default,
    Named(Arc<str>),
}

impl EntityName {
    /// `None` stands for the default.
    #[must_use]
    pub fn of(name: Option<&str>) -> Self {
        name.map_or(Self::Default, |name| Self::Named(name.into()))
    }

    /// The name; `None` for the default.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Default => None,
            Self::Named(name) => Some(name),
        }
    }
}

/// What part of an entity a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntityType {
    User,
    ClientId,
    Ip,
}

impl EntityType {
    pub const ALL: [Self; 3] = [Self::User, Self::ClientId, Self::Ip];

    /// Kafka's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ClientId => "client-id",
            Self::Ip => "ip",
        }
    }

    /// The type Kafka calls `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Whom a quota is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuotaEntity {
    pub user: Option<EntityName>,
    pub client_id: Option<EntityName>,
    pub ip: Option<EntityName>,
}

impl QuotaEntity {
    #[must_use]
    pub const fn part(&self, kind: EntityType) -> Option<&EntityName> {
        match kind {
            EntityType::User => self.user.as_ref(),
            EntityType::ClientId => self.client_id.as_ref(),
            EntityType::Ip => self.ip.as_ref(),
        }
    }

    /// Sets a part; returns what it was.
    pub fn set(&mut self, kind: EntityType, name: EntityName) -> Option<EntityName> {
        match kind {
            EntityType::User => self.user.replace(name),
            EntityType::ClientId => self.client_id.replace(name),
            EntityType::Ip => self.ip.replace(name),
        }
    }

    /// The parts there are, in the order of their types.
    pub fn parts(&self) -> impl Iterator<Item = (EntityType, &EntityName)> {
        EntityType::ALL.into_iter().filter_map(|kind| Some((kind, self.part(kind)?)))
    }
}

/// A quota's bound. Compared by its bits, so that records can be.
#[derive(Clone, Copy, Debug)]
pub struct QuotaValue(pub f64);

impl PartialEq for QuotaValue {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for QuotaValue {}

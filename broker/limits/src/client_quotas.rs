//! Which quota a client is under, and with whom it shares it.
//!
//! Eight combinations of user and client id, the most specific first (Kafka's order). A quota of a
//! user alone is shared by all its clients; one of a client id alone by all users with that id; every
//! other one belongs to the pair. A client without an id has no quota that names client ids.

use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// What is limited, for users and client ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientQuota {
    /// Bytes of produce requests a second.
    Produce,
    /// Bytes of fetch answers a second.
    Fetch,
    /// Time of the threads that serve requests, in percent of one.
    Request,
    /// Partitions created and deleted a second.
    ControllerMutation,
}

impl ClientQuota {
    pub const ALL: [Self; 4] =
        [Self::Produce, Self::Fetch, Self::Request, Self::ControllerMutation];

    /// Kafka's key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Produce => "producer_byte_rate",
            Self::Fetch => "consumer_byte_rate",
            Self::Request => "request_percentage",
            Self::ControllerMutation => "controller_mutation_rate",
        }
    }

    /// The quota with Kafka's key `key`.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quota| quota.key() == key)
    }
}

/// The user or the client id of an entity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntityPart {
    /// The entity does not speak of it.
    Any,
    Default,
    Named(Box<str>),
}

/// Who fills one bucket together; an empty name stands for everybody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName {
    pub quota: ClientQuota,
    pub user: Box<str>,
    pub client_id: Box<str>,
}

/// Every quota of users and client ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientQuotas {
    bounds: BTreeMap<(ClientQuota, EntityPart, EntityPart), f64>,
}

/// Which parts of a bucket's name an entity fixes.
#[derive(Clone, Copy)]
enum Shared {
    WithinUser,
    AcrossUsers,
    Unshared,
}

impl ClientQuotas {
    /// Adds a quota.
    pub fn set(&mut self, quota: ClientQuota, user: EntityPart, client_id: EntityPart, bound: f64) {
        self.bounds.insert((quota, user, client_id), bound);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    /// The bucket of a client and its bound; `None` where it may do as much as it likes.
    #[must_use]
    pub fn resolve(
        &self,
        quota: ClientQuota,
        user: &str,
        client_id: &str,
    ) -> Option<(BucketName, f64)> {
        let (any, default) = (EntityPart::Any, EntityPart::Default);
        let (u, c) = (EntityPart::Named(user.into()), EntityPart::Named(client_id.into()));
        let order = [
            (&u, &c, Shared::Unshared),
            (&u, &default, Shared::Unshared),
            (&u, &any, Shared::WithinUser),
            (&default, &c, Shared::Unshared),
            (&default, &default, Shared::Unshared),
            (&default, &any, Shared::WithinUser),
            (&any, &c, Shared::AcrossUsers),
            (&any, &default, Shared::AcrossUsers),
        ];
        for (user_part, client_part, shared) in order {
            if client_id.is_empty() && !matches!(shared, Shared::WithinUser) {
                continue;
            }
            let key = (quota, user_part.clone(), client_part.clone());
            if let Some(&bound) = self.bounds.get(&key) {
                let (user, client_id) = match shared {
                    Shared::WithinUser => (user, ""),
                    Shared::AcrossUsers => ("", client_id),
                    Shared::Unshared => (user, client_id),
                };
                let name = BucketName { quota, user: user.into(), client_id: client_id.into() };
                return Some((name, bound));
            }
        }
        None
    }
}

//! Who asks, and whether they may.
//!
//! Every request reaches its handler as [`Authorized`], which only `dispatch` makes, from the row
//! of its api. The row names the operation; the handler names each resource it touches. Until the
//! security work lands the only authoriser allows everything, and the principal is anonymous.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use crate::software::InUse;

/// A client's identity, as the authoriser knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(Arc<str>);

impl Principal {
    /// The principal of a connection without authentication.
    #[must_use]
    pub fn anonymous() -> Self {
        Self(Arc::from("User:ANONYMOUS"))
    }

    /// The name without its type: what quotas call the user.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(_, name)| name)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a principal wants to do, by Kafka's ACL names; the number is Kafka's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Operation {
    Read = 3,
    Write = 4,
    Create = 5,
    Delete = 6,
    Alter = 7,
    Describe = 8,
    ClusterAction = 9,
    DescribeConfigs = 10,
    AlterConfigs = 11,
    IdempotentWrite = 12,
}

/// What an operation touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<'a> {
    Cluster,
    Topic(&'a str),
    Group(&'a str),
}

impl Resource<'_> {
    /// The operations that make sense on a resource of this kind, in Kafka's reckoning.
    const fn operations(self) -> &'static [Operation] {
        match self {
            Self::Cluster => &[
                Operation::Create,
                Operation::Alter,
                Operation::Describe,
                Operation::ClusterAction,
                Operation::DescribeConfigs,
                Operation::AlterConfigs,
                Operation::IdempotentWrite,
            ],
            Self::Topic(_) => &[
                Operation::Read,
                Operation::Write,
                Operation::Create,
                Operation::Delete,
                Operation::Alter,
                Operation::Describe,
                Operation::DescribeConfigs,
                Operation::AlterConfigs,
            ],
            Self::Group(_) => &[
                Operation::Read,
                Operation::Delete,
                Operation::Describe,
                Operation::DescribeConfigs,
                Operation::AlterConfigs,
            ],
        }
    }
}

/// Decides whether a principal may do something.
pub trait Authorizer: Send + Sync + fmt::Debug {
    fn allows(&self, principal: &Principal, operation: Operation, resource: Resource<'_>) -> bool;
}

/// Allows everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl Authorizer for AllowAll {
    fn allows(&self, _: &Principal, _: Operation, _: Resource<'_>) -> bool {
        true
    }
}

/// What a connection is known by; shared by all its requests.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) principal: Principal,
    pub(crate) authorizer: Arc<dyn Authorizer>,
    /// Which of the broker's listeners accepted it: answers advertise that listener's address.
    pub(crate) listener: usize,
    /// What the client says it is, once it has said so.
    pub(crate) software: OnceLock<InUse>,
}

impl Session {
    pub(crate) fn allows(&self, operation: Operation, resource: Resource<'_>) -> bool {
        self.authorizer.allows(&self.principal, operation, resource)
    }

    /// The bit mask of `authorized_operations`: bit n stands for the operation with code n.
    pub(crate) fn authorized_operations(&self, resource: Resource<'_>) -> i32 {
        let operations = resource.operations().iter();
        let allowed = operations.filter(|&&operation| self.allows(operation, resource));
        allowed.fold(0, |mask, &operation| mask | (1 << operation as u8))
    }
}

/// A request that came through `dispatch`, with the operation its row demands.
#[derive(Debug)]
pub(crate) struct Authorized<R> {
    request: R,
    session: Arc<Session>,
    operation: Option<Operation>,
}

impl<R> Authorized<R> {
    /// For `dispatch` alone. `operation` is `None` for an api that anybody may call.
    pub(crate) const fn new(
        request: R,
        session: Arc<Session>,
        operation: Option<Operation>,
    ) -> Self {
        Self { request, session, operation }
    }

    pub(crate) const fn request(&self) -> &R {
        &self.request
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the principal may do this api's operation to `resource`.
    pub(crate) fn allows(&self, resource: Resource<'_>) -> bool {
        self.operation.is_none_or(|operation| self.session.allows(operation, resource))
    }
}

#[cfg(test)]
mod tests;

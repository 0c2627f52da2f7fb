//! Quotas as connections meet them: which buckets a client fills, and how long it is held back.
//!
//! `broker-limits` has the arithmetic; here are the shared buckets, kept in step with the metadata.
//! A client that is under no quota costs one relaxed load a request. Who is held back is answered at
//! once, told for how long, and nothing more is taken in from it until then (KIP-219, trap 109).

mod clients;
mod connections;
mod throttle;

pub(crate) use self::{
    clients::{Charged, ClientQuotas, MutationQuota, RequestQuota},
    connections::{Admission, ConnectionQuotas, IpPlace},
    throttle::Throttle,
};

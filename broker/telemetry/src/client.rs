//! Clients as telemetry knows them.

use std::fmt;
use std::net::IpAddr;

use protocol_types::UuidText;

/// A client instance's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceId(pub [u8; 16]);

impl InstanceId {
    pub const ZERO: Self = Self([0; 16]);

    /// As Java hashes a UUID.
    pub(crate) fn java_hash(self) -> i32 {
        let words = self.0.chunks_exact(4).filter_map(|word| word.try_into().ok());
        words.map(i32::from_be_bytes).fold(0, |hash, word| hash ^ word)
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        UuidText(self.0).fmt(f)
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    pub instance: InstanceId,
    pub client_id: &'a str,
    pub software_name: &'a str,
    pub software_version: &'a str,
    pub address: IpAddr,
    pub port: u16,
}

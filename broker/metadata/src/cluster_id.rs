//! The cluster's identity.

use std::fmt;

use protocol_types::UuidText;

/// Identity of a cluster, drawn once when its first broker first starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub [u8; 16]);

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        UuidText(self.0).fmt(f)
    }
}

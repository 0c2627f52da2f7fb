//! The frame that group headers, superblocks and commit cells share: one sector of 512 bytes with a
//! magic number in front and a keyed checksum at its end, all numbers little-endian.
//!
//! Reading never panics: what is short or of the wrong kind is `None`.

use twox_hash::{XxHash3_64, XxHash3_128};

use crate::config::NodeIdentity;
use crate::geometry::SECTOR_LEN;

pub(crate) type Sector = [u8; SECTOR_LEN];

/// The checksum takes the last 8 bytes.
const BODY_LEN: usize = SECTOR_LEN - 8;

/// Format of everything in a ring file; a reader refuses a higher one.
pub(crate) const FORMAT: u16 = 1;

/// No counter or position of a ring's life gets beyond it; what says so was never written by us, and
/// arithmetic on what we accept cannot overflow.
pub(crate) const NUMBER_MAX: u64 = 1 << 62;

/// Seeds of the hashes. Drawn from the ring's random id, which no client ever sees, so that no
/// bytes of a client can pose as a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(u64);

impl Key {
    pub(crate) fn of_ring(uuid: &[u8; 16]) -> Self {
        Self(XxHash3_64::oneshot_with_seed(0x5249_4e47, uuid))
    }

    /// For what must be readable before the ring's id is known.
    pub(crate) const fn fixed(salt: u64) -> Self {
        Self(0x7375_7065_7262_6c6b ^ salt)
    }

    pub(crate) fn hash(self, bytes: &[u8]) -> u128 {
        XxHash3_128::oneshot_with_seed(self.0, bytes)
    }

    /// [`Key::hash`] of bytes that come in pieces.
    pub(crate) fn hasher(self) -> XxHash3_128 {
        XxHash3_128::with_seed(self.0)
    }

    fn checksum(self, body: &[u8]) -> u64 {
        XxHash3_64::oneshot_with_seed(self.0, body)
    }
}

/// Whose ring, and which of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) node: NodeIdentity,
    pub(crate) uuid: [u8; 16],
}

/// Writes fields one behind the other.
pub(crate) struct Put {
    sector: Sector,
    at: usize,
}

impl Put {
    pub(crate) const fn new(magic: [u8; 8]) -> Self {
        Self { sector: [0; SECTOR_LEN], at: 0 }.bytes(&magic)
    }

    pub(crate) const fn bytes(mut self, bytes: &[u8]) -> Self {
        assert!(self.at + bytes.len() <= BODY_LEN, "fields fit a sector");
        let (_, rest) = self.sector.split_at_mut(self.at);
        rest.split_at_mut(bytes.len()).0.copy_from_slice(bytes);
        self.at += bytes.len();
        self
    }

    pub(crate) const fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) const fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) const fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) const fn u128(self, value: u128) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) const fn identity(self, identity: &Identity) -> Self {
        self.bytes(&identity.node.cluster).bytes(&identity.uuid).u32(identity.node.broker).u32(0)
    }

    /// The sector with its checksum.
    pub(crate) fn seal(mut self, key: Key) -> Sector {
        let (body, checksum) = self.sector.split_at_mut(BODY_LEN);
        checksum.copy_from_slice(&key.checksum(body).to_le_bytes());
        self.sector
    }
}

/// Reads fields in the order in which [`Put`] wrote them.
pub(crate) struct Get<'a> {
    rest: &'a [u8],
}

impl<'a> Get<'a> {
    /// `None` unless magic and checksum are right. `bytes` may be longer than the sector.
    pub(crate) fn open(bytes: &'a [u8], magic: [u8; 8], key: Key) -> Option<Self> {
        let (body, checksum) = bytes.get(..SECTOR_LEN)?.split_at_checked(BODY_LEN)?;
        let rest = body.strip_prefix(&magic)?;
        (checksum == key.checksum(body).to_le_bytes()).then_some(Self { rest })
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*array)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn u128(&mut self) -> Option<u128> {
        self.array().map(u128::from_le_bytes)
    }

    pub(crate) fn identity(&mut self) -> Option<Identity> {
        let cluster = self.array()?;
        let uuid = self.array()?;
        let broker = self.u32()?;
        self.u32()?;
        Some(Identity { node: NodeIdentity { cluster, broker }, uuid })
    }
}

/// The first sector of a block, as an array.
pub(crate) fn first(bytes: &[u8]) -> Option<&Sector> {
    bytes.first_chunk()
}

#[cfg(test)]
mod tests;

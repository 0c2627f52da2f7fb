//! The text form Kafka gives identities.

use std::fmt;

/// Writes a UUID as Kafka does: 22 characters of unpadded URL-safe base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UuidText(pub [u8; 16]);

impl fmt::Display for UuidText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let number = u128::from_be_bytes(self.0);
        // 128 bits are 21 groups of 6 and one of 2, which is padded to 6 with zeros.
        for group in 0..22_u32 {
            let bits = if group == 21 { number << 4 } else { number >> (122 - 6 * group) };
            let index = usize::try_from(bits & 0x3f).unwrap_or_default();
            let letter = ALPHABET.get(index).copied().unwrap_or(b'A');
            write!(f, "{}", char::from(letter))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_kafka_writes_a_uuid() {
        assert_eq!(UuidText([0; 16]).to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(UuidText([7; 16]).to_string(), "BwcHBwcHBwcHBwcHBwcHBw");
        assert_eq!(UuidText([0xff; 16]).to_string(), "_____________________w");
        let counted: [u8; 16] = std::array::from_fn(|i| u8::try_from(i).unwrap());
        assert_eq!(UuidText(counted).to_string(), "AAECAwQFBgcICQoLDA0ODw");
    }
}

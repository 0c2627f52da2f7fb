//! CRC-32C (Castagnoli), the checksum of batches.

/// The checksum of `bytes`, as it stands in a batch's header.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

/// The checksum of a message whose front was exchanged for one of the same length, from the
/// checksums of whole, old front and new front; `behind` bytes that did not change follow it.
///
/// A CRC is linear over GF(2): the difference of the wholes is the difference of the fronts, moved
/// up by `behind` bytes, which is a product of polynomials. `crc_fast`'s combine builds matrices
/// for this and takes longer than scanning a megabyte; the product takes less than scanning 16 KiB.
pub(crate) fn exchange_front(whole: u32, old_front: u32, new_front: u32, behind: usize) -> u32 {
    whole ^ multiply(old_front ^ new_front, x_to_the_eight_times(behind as u64))
}

/// The Castagnoli polynomial, bits reversed; bit 31 stands for x⁰.
const POLYNOMIAL: u32 = 0x82f6_3b78;
const ONE: u32 = 1 << 31;

/// x^(8·2^k) for k = 0, 1, …
const POWERS: [u32; 64] = {
    let mut powers = [0; 64];
    let mut power = ONE >> 8;
    let mut k = 0;
    while k < powers.len() {
        #[expect(clippy::indexing_slicing, reason = "below its length, at compile time")]
        let place = &mut powers[k];
        *place = power;
        power = multiply(power, power);
        k += 1;
    }
    powers
};

fn x_to_the_eight_times(n: u64) -> u32 {
    let mut product = ONE;
    for (k, &power) in POWERS.iter().enumerate() {
        if n >> k & 1 == 1 {
            product = multiply(product, power);
        }
    }
    product
}

/// The product of two polynomials modulo [`POLYNOMIAL`].
const fn multiply(a: u32, b: u32) -> u32 {
    let mut product = 0;
    let mut term = b;
    let mut bit = ONE;
    while bit != 0 {
        if a & bit != 0 {
            product ^= term;
        }
        // Times x: one place down, since bits are reversed.
        term = (term >> 1) ^ (POLYNOMIAL * (term & 1));
        bit >>= 1;
    }
    product
}

#[cfg(test)]
mod tests;

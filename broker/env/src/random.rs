//! Random numbers of the operating system, for seeds and identities; never for decisions.

use std::io;

/// Fills `bytes` from the kernel's generator.
pub fn fill(bytes: &mut [u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken = rustix::rand::getrandom(&mut *rest, rustix::rand::GetRandomFlags::empty())?;
        rest = rest.get_mut(taken..).unwrap_or_default();
    }
    Ok(())
}

/// One random number.
pub fn number() -> io::Result<u64> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

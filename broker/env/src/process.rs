//! This process as the operating system sees it.

/// Number of this process.
#[must_use]
pub fn id() -> u32 {
    std::process::id()
}

/// Ends the process at once with `code`, without running destructors: for a poisoned log, where
/// nothing may be written any more. Every other end is a return from `main`.
#[expect(clippy::disallowed_methods, reason = "the one place that ends the process")]
pub fn exit(code: u8) -> ! {
    std::process::exit(i32::from(code))
}

/// Bytes of memory resident now, 0 where the system does not tell.
#[must_use]
pub fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok().and_then(|statm| {
        statm.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok())
    });
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

//! How costs are counted: instructions by callgrind, allocations by the program's own allocator, system
//! calls by strace. None of them looks at a clock.

pub(crate) mod allocations;
pub(crate) mod instructions;
pub(crate) mod system_calls;

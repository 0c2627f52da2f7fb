//! Row `memberships` of the fuzz table, guided by coverage.
#![no_main]

use tests_fuzz::targets::MEMBERSHIPS;

libfuzzer_sys::fuzz_target!(init: fuzz_libfuzzer::seed(&MEMBERSHIPS), |bytes: &[u8]| {
    (MEMBERSHIPS.execute)(bytes);
});

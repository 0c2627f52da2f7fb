//! Row `ring` of the fuzz table, guided by coverage.
#![no_main]

use tests_fuzz::targets::RING;

libfuzzer_sys::fuzz_target!(init: fuzz_libfuzzer::seed(&RING), |bytes: &[u8]| {
    (RING.execute)(bytes);
});

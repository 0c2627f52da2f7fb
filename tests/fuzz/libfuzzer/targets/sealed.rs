//! Row `sealed` of the fuzz table, guided by coverage.
#![no_main]

use tests_fuzz::targets::SEALED;

libfuzzer_sys::fuzz_target!(init: fuzz_libfuzzer::seed(&SEALED), |bytes: &[u8]| {
    (SEALED.execute)(bytes);
});

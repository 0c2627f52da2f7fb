//! Row `checkpoint` of the fuzz table, guided by coverage.
#![no_main]

use tests_fuzz::targets::CHECKPOINT;

libfuzzer_sys::fuzz_target!(init: fuzz_libfuzzer::seed(&CHECKPOINT), |bytes: &[u8]| {
    (CHECKPOINT.execute)(bytes);
});

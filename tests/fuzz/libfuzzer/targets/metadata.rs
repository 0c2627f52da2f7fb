//! Row `metadata` of the fuzz table, guided by coverage.
#![no_main]

use tests_fuzz::targets::METADATA;

libfuzzer_sys::fuzz_target!(init: fuzz_libfuzzer::seed(&METADATA), |bytes: &[u8]| {
    (METADATA.execute)(bytes);
});

//! Row `records` of the fuzz table, guided by coverage.
#![no_main]

use tests_fuzz::targets::RECORDS;

libfuzzer_sys::fuzz_target!(init: fuzz_libfuzzer::seed(&RECORDS), |bytes: &[u8]| {
    (RECORDS.execute)(bytes);
});

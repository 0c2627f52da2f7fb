//! Row `records` of the fuzz table, guided by coverage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (tests_fuzz::targets::RECORDS.execute)(bytes);
});

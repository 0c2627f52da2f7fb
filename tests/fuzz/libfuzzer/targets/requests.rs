//! Row `requests` of the fuzz table, guided by coverage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (tests_fuzz::targets::REQUESTS.execute)(bytes);
});

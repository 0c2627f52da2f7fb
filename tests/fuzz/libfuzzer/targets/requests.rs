//! Row `requests` of the fuzz table, guided by coverage.
#![no_main]

use tests_fuzz::targets::REQUESTS;

libfuzzer_sys::fuzz_target!(init: fuzz_libfuzzer::seed(&REQUESTS), |bytes: &[u8]| {
    (REQUESTS.execute)(bytes);
});

//! Row `telemetry` of the fuzz table, guided by coverage.
#![no_main]

use tests_fuzz::targets::TELEMETRY;

libfuzzer_sys::fuzz_target!(init: fuzz_libfuzzer::seed(&TELEMETRY), |bytes: &[u8]| {
    (TELEMETRY.execute)(bytes);
});

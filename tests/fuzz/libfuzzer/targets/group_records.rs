//! Row `group_records` of the fuzz table, guided by coverage.
#![no_main]

use tests_fuzz::targets::GROUP_RECORDS;

libfuzzer_sys::fuzz_target!(init: fuzz_libfuzzer::seed(&GROUP_RECORDS), |bytes: &[u8]| {
    (GROUP_RECORDS.execute)(bytes);
});

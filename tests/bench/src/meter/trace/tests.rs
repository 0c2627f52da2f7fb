use super::*;

const OUTPUT: &str = "\
1200,,raw_syscalls:sys_enter,800000,100.00,,
<not counted>,,syscalls:sys_enter_fsync,0,100.00,,
10,,syscalls:sys_enter_fdatasync,800000,100.00,,
40,,syscalls:sys_enter_pwritev2,800000,100.00,,
";

#[test]
fn counts_become_rates_and_syncs_are_summed() {
    let trace = Trace { syscalls_per_second: 1200.0, syncs_per_second: 50.0 };
    assert_eq!(parse(OUTPUT), Some(trace));
}

#[test]
fn an_error_is_no_count() {
    assert_eq!(parse("event syntax error: 'raw_syscalls:sys_enter'\n"), None);
}

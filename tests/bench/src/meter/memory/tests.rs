use super::*;

const SMAPS: &str = "\
7f0000000000-7f0040000000 rw-p 00000000 00:00 0
Size:            1048576 kB
KernelPageSize:        4 kB
Rss:              524288 kB
Pss:              524288 kB
55d000000000-55d000001000 r--p 00000000 fe:00 12 /usr/bin/x
Size:                  4 kB
Rss:                   4 kB
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]
Size:                132 kB
Rss:                  36 kB
";

#[test]
fn the_ring_is_the_mapping_with_the_most_memory() {
    let mappings = Mappings::parse(SMAPS);
    let ring = mappings.largest().expect("mappings");
    assert_eq!(ring, "7f0000000000-7f0040000000");
    assert_eq!(mappings.resident_beside(ring), 40 << 10);
    assert_eq!(mappings.resident_beside("none"), (524_288 + 40) << 10);
}

#[test]
fn values_are_found_by_their_key() {
    let status = "Name:\tx\nVmHWM:\t  2000 kB\nVmRSS:\t  1500 kB\n";
    assert_eq!(kilobytes(status, "VmRSS:"), Some(1500));
    assert_eq!(kilobytes(status, "VmSwap:"), None);
}
